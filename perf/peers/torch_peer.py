#!/usr/bin/env python3
"""PyTorch as the other side of perf/compare: a JSON request a line on standard input, a JSON answer a line on standard output.

  {"do": "hello"}                                              -> {"name", "threads", "note"}
  {"do": "op", "op": NAME, "shape": [...], "seconds": S}       -> {"forward": [ms...], "backward": [ms...] or null}, or {"unsupported": why}
  {"do": "step", "model": MODEL, "steps": K}                   -> {"ms": [...], "loss"}; the model stays for the next request of the same one
      MODEL: {"name": "autoencoder", "batch": B, "side": N, "words": T}, or {"name": "unclip", "stage": S, "batch": B, "words": T, "sizes": {...}}
  {"do": "memory"}                                             -> {"now": bytes, "peak": bytes} of this process
  anything that fails                                          -> {"error": one sentence}
"""
import json, os, sys

try:
    import torch
except ImportError as e:
    sys.stdin.readline()
    print(json.dumps(dict(error=f"PyTorch cannot be imported by {sys.executable} ({e}): apt-get install python3-torch libopenblas0-openmp, or name another Python with --python")), flush=True)
    sys.exit(0)
import torch_ops, torch_unclip, torch_vae

MODELS = dict(autoencoder=lambda m: torch_vae.Step(m['batch'], m['side'], m['words']),
              unclip=lambda m: torch_unclip.Step(m['stage'], m['sizes'], m['batch'], m['words']))
steps = {}


def hello(_):
    with open('/proc/self/maps') as f: maps = f.read()
    note = 'OpenBLAS runs threads of its own, which fight with those of PyTorch: apt-get install libopenblas0-openmp' if 'openblas-pthread' in maps else ''
    return dict(name=f'PyTorch {torch.__version__}', threads=torch.get_num_threads(), note=note)


def op(r):
    if r['op'] not in torch_ops.OPS: return dict(unsupported=f"{r['op']} has no counterpart in torch_ops.py")
    return torch_ops.measure(r['op'], r['shape'], r['seconds'], r['fewest'])


def step(r):
    which = json.dumps(r['model'])
    if which not in steps:
        steps.clear(); steps[which] = MODELS[r['model']['name']](r['model'])
        for _ in range(2): steps[which].run()
    runs = [steps[which].run() for _ in range(r['steps'])]
    return dict(ms=[t for _, t in runs], loss=runs[-1][0])


def memory(_):
    with open('/proc/self/status') as f: status = dict(line.split(':', 1) for line in f)
    return dict(now=int(status['VmRSS'].split()[0]) * 1024, peak=int(status['VmHWM'].split()[0]) * 1024)


torch.set_num_threads(int(os.environ['OMP_NUM_THREADS']))
for line in sys.stdin:
    request = json.loads(line)
    try: answer = dict(hello=hello, op=op, step=step, memory=memory)[request['do']](request)
    except Exception as e: answer = dict(error=f'{type(e).__name__}: {e}')
    print(json.dumps(answer), flush=True)
