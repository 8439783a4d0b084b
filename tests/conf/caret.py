#!/usr/bin/env python3
"""Below a message stand the source line and a caret: on a terminal, and with -p; elsewhere the
message is a line of its own."""
import os
import pty
import subprocess
import sys
import tempfile

MYNAHD = sys.argv[1] if len(sys.argv) > 1 else "./mynahd"
CONF = ("router id 192.0.2.1;\nprotocol device { }\nprotocol bgp a {\n"
        "\tlocal as 64512;\n\tneigbor 192.0.2.2 as 64512;\n}\n")
SHOWN = "    \tneigbor 192.0.2.2 as 64512;\n    \t^\n"


def on_terminal(command):
    """Its exit status and what it writes to a terminal as standard error."""
    ours, theirs = pty.openpty()
    p = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                         stderr=theirs)
    os.close(theirs)
    text = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # the last one has closed it
            break
        if not part:
            break
        text += part
    os.close(ours)
    return p.wait(60), text.decode().replace("\r\n", "\n")


def piped(command):
    r = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                       timeout=60)
    return r.returncode, r.stderr


def main():
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        conf = os.path.join(folder, "bad.conf")
        with open(conf, "w") as f:
            f.write(CONF)
        run = [MYNAHD, "-f", "-c", conf, "-s", os.path.join(folder, "ctl")]
        check = [MYNAHD, "-p", "-c", conf]
        for name, how, command, caret in (
                ("start on a terminal", on_terminal, run, True),
                ("start without one", piped, run, False),
                ("-p on a terminal", on_terminal, check, True),
                ("-p without one", piped, check, True)):
            status, text = how(command)
            begin = "mynahd: %s:5:2 syntax error, unexpected 'neigbor'" % conf
            good = (status == 1 and text.startswith(begin) and "'neighbor'?" in text
                    and text.endswith(SHOWN) == caret
                    and text.count("\n") == (3 if caret else 1))
            failed += not good
            print("%s - %s" % ("ok" if good else "not ok", name))
            if not good:
                print("    exit status %d: %r" % (status, text))
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
