"""What is played: arguments of loadgen by name.  `phases` without the two first."""

SCENARIOS = {
    # the acceptance of a first working reflector: liveness under reload and dumps
    "clients200": dict(senders=2, receivers=198, routes=100_000, hold=9, phases="exec",
                       **{"max-late": 1000}),
    "tiny": dict(senders=2, receivers=4, routes=5_000, late=1, rate=1000, seconds=3,
                 phases="late,churn,lateall,slow,fail,back"),
    "small": dict(senders=2, receivers=11, routes=100_000, late=1, rate=5000, seconds=10,
                  phases="late,churn,fail,back,lateall"),
    "churn": dict(senders=2, receivers=10, routes=100_000, rate=20_000, seconds=20,
                  phases="churn"),
    "slow": dict(senders=2, receivers=10, routes=100_000, rate=2_500, seconds=20,
                 phases="slow"),
    "reload": dict(senders=2, receivers=10, routes=100_000, rate=1000, hold=9,
                   phases="execchurn"),
    "medium": dict(senders=2, receivers=51, routes=500_000, late=1, rate=2000, seconds=10,
                   phases="late,churn,fail,back,lateall"),
    "fanout200": dict(senders=1, receivers=200, routes=200_000, phases="fail"),
    "fanout500": dict(senders=1, receivers=500, routes=200_000, phases=""),
    "fanout1000": dict(senders=1, receivers=1000, routes=200_000, phases=""),
    "full": dict(senders=4, receivers=8, routes=1_000_000, phases="fail"),
    "many-paths": dict(senders=10, receivers=1, routes=500_000, phases=""),
}
