# SPDX-License-Identifier: GPL-2.0
"""What tests/cli/run tries with --estimate and --budget; as its own lists."""

COMMANDS = ("show", "maps", "pages", "tables", "snapshot -o left.vms")
WRONG = ("0", "x", "", "-1", "5m", "2h", "1.5s", "18446744073709551616", "18446744073709551615s")

RECORDED = [
    ("estimate-show", {}, "show --estimate 4242"),
    ("estimate-pages", {"FAKE_LEVELS": "5"},
     "pages --estimate 4242 --range=0x7f0000000000-0x7f0000200000"),
    ("estimate-maps-json", {}, "maps --estimate --json 4242"),
    ("estimate-tables-json", {}, "tables --estimate --json 4242"),
    ("estimate-snapshot", {}, "snapshot --estimate 4242 -o never.vms"),
    ("budget-show", {}, "show --budget=1000 4242"),
    ("budget-show-json", {}, "show --budget=1000 --json 4242"),
    ("budget-maps", {}, "maps --budget 1500 4242"),
    ("budget-maps-json", {}, "maps --budget 600 --json 4242"),
    ("budget-maps-replies", {"FAKE_PER_REPLY": "1"}, "maps --budget 1500 4242 --json"),
    ("budget-maps-enough", {}, "maps --budget 1000000 --json 4242"),
    ("budget-pages", {}, "pages --budget 1024 4242"),
    ("budget-pages-json", {}, "pages --budget 1024 --json 4242"),
    ("budget-tables", {}, "tables --budget 1024 4242"),
    ("budget-tables-json", {}, "tables --budget 1024 --json 4242"),
    ("budget-time-enough", {}, "pages --budget 60s --json --range=0x555501000000-0x555501010000 4242"),
    ("budget-snapshot", {}, "snapshot --budget 2048 -o left.vms --json 4242"),
    ("budget-diff", {}, "diff left.vms taken.vms -o START,END,CHANGE --all"),
]
USAGE = [(f"{command} --budget={limit} 1", f"--budget={limit}")
         for command in COMMANDS for limit in WRONG[: 9 if command == "show" else 1]]
USAGE += [("info --budget=1", "--budget=1"), ("translate --estimate 1 1", "--estimate"),
          ("diff --estimate x", "--estimate"), ("show --estimate=5 1", "--estimate=5")]
ERRORS = [(1, f"{command} --estimate 7", "FAKE_ERROR", 13, ["process 7", "sudo"])
          for command in COMMANDS]
