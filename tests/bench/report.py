"""What the figures mean: the goals, the table on standard output, the section of the README."""

import datetime
import os
import pathlib
import re
import subprocess
import time


def machine(place):
    """Its shape; no names."""
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text()).group(1))
    return {"cores": len(os.sched_getaffinity(0)), "cpu": cpu.group(1) if cpu else "unknown",
            "memory_gib": round(memory / 1048576), "postgresql": place.value(place.full, "SHOW server_version").split()[0],
            "openssl": subprocess.check_output(["openssl", "version"], text=True).split()[1],
            "date": datetime.date.today().isoformat(), "fsync_ms": round(fsync_ms(place.folder), 3)}


def fsync_ms(folder):
    """Median of writing 8 KiB and waiting for the disk."""
    taken, file = [], os.open(folder / "fsync", os.O_CREAT | os.O_RDWR, 0o600)
    for _ in range(50):
        began = time.perf_counter()
        os.pwrite(file, b"x" * 8192, 0)
        os.fdatasync(file)
        taken.append((time.perf_counter() - began) * 1000)
    os.close(file)
    return sorted(taken)[len(taken) // 2]


def goals(result):
    return []


def table(result):
    lines = []
    for figure, found in result["figures"].items():
        for name, row in found.get("rows", {figure: found}).items():
            lines.append(f"{figure:9} {name:18} " + " ".join(
                f"{key}={value:.1f}" if isinstance(value, float) else f"{key}={value}"
                for key, value in row.items() if key in ("rate", "p50_us", "p99_us", "max_us", "cores") or key.endswith(("_ms", "_s", "each"))))
    return "\n".join(lines + result["failed"])
