"""What is played: arguments of loadgen by name, and for whom.

`phases` stands without the first two, establish and initial.  `duts` is who plays it in a run
of everything, `quick` what differs in the short one; a scenario without `quick` is left out
there.  `pause` is the time after each reload.
"""

FEW = "mynahd,bird,bird3,frr,null"
MOST = "mynahd,bird,bird3,frr,openbgpd,null"
EVERY = "mynahd,bird,bird3,frr,openbgpd,gobgpd,null"
RELOADERS = "mynahd,bird,bird3,openbgpd"

SCENARIOS = {
    "small": dict(senders=2, receivers=11, routes=100_000, late=1, rate=5000, seconds=10,
                  phases="late,churn,fail,back,lateall", duts=EVERY,
                  quick=dict(duts=MOST, phases="")),
    "medium": dict(senders=2, receivers=51, routes=500_000, late=1, rate=2000, seconds=10,
                   phases="late,churn,fail,back,lateall", duts=MOST,
                   quick=dict(duts=FEW, phases="late,fail,back,lateall")),
    "fanout200": dict(senders=1, receivers=200, routes=200_000, phases="fail", duts=MOST,
                      quick=dict(duts=FEW, phases="")),
    "fanout500": dict(senders=1, receivers=500, routes=200_000, phases="", duts=FEW),
    "fanout1000": dict(senders=1, receivers=1000, routes=200_000, phases="", duts=FEW,
                       quick=dict(duts="mynahd,null")),
    "full": dict(senders=4, receivers=8, routes=1_000_000, phases="fail", duts=MOST,
                 quick=dict(duts=FEW, phases="")),
    "churn": dict(senders=2, receivers=10, routes=100_000, rate=20_000, seconds=20,
                  phases="churn", duts=MOST, quick=dict()),
    # Twice the same four rounds over the table, with nobody slow and with one: what attributes
    # of their own take is taken in the first.
    "slow": dict(senders=2, receivers=10, routes=100_000, rate=20_000, seconds=20,
                 phases="churn,slow", duts=MOST, quick=dict(duts="mynahd,bird")),
    # The same with more prefixes to be told: what each takes, the queue being full in both.
    "slow400": dict(senders=2, receivers=10, routes=400_000, rate=20_000, seconds=40,
                    phases="churn,slow", duts="mynahd,bird", quick=dict()),
    "reload": dict(senders=2, receivers=10, routes=100_000, rate=1000, hold=9, pause=4,
                   phases="execchurn", duts=RELOADERS, quick=dict(duts="mynahd,bird")),
    # the acceptance of a first working reflector: liveness under reload and dumps
    "clients200": dict(senders=2, receivers=198, routes=100_000, hold=9, pause=4, phases="exec",
                       duts=RELOADERS, **{"max-late": 1000}),
    "many-paths": dict(senders=10, receivers=1, routes=500_000, phases="", duts=FEW),
    "tiny": dict(senders=2, receivers=6, routes=3_000, late=1, rate=1000, seconds=1, pause=1,
                 phases="late,churn,execchurn,lateall,slow,fail,back"),
}

OWN = ("phases", "duts", "quick", "pause")  # what is not loadgen's


def quick(scenario):
    """The short edition; None: it is left out."""
    return dict(scenario, **scenario["quick"]) if "quick" in scenario else None


def small(scenario):
    """The same in seconds, for its result alone."""
    out = dict(scenario, routes=min(scenario["routes"], 4000), seconds=1, pause=1,
               receivers=min(scenario["receivers"], 12))
    if "rate" in out:
        out["rate"] = min(out["rate"], 1000)
    return out


def variants():
    """Add-path off and on, exports unfiltered and filtered."""
    return [(a, f) for a in (False, True) for f in (False, True)]


def full_name(name, add_path, filtered):
    return name + ("+add-path" if add_path else "") + ("+filtered" if filtered else "")
