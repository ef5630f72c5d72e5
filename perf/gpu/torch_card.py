#!/usr/bin/env python3
"""Our ops' sizes and the text-conditioned autoencoder's step in PyTorch on a card: {"op", "shape"} a line on standard input, one section of the report on standard output.

float32 with and without tf32. A time is the median from the call until the card is done. Argument: the seconds that all may take.
"""
import json, os, statistics, sys, time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
begin, limit = time.time(), float(sys.argv[1])


def leave(reason):
    print(json.dumps(dict(status='not measured', reason=reason)))
    sys.exit(0)


try:
    import torch
except ImportError as e:
    leave(f'python3 has no PyTorch here ({e})')
if not torch.cuda.is_available(): leave(f'PyTorch {torch.__version__} sees no card')
if not hasattr(torch, 'set_default_device'): leave(f'PyTorch {torch.__version__} is older than 2.0')
torch.set_default_device('cuda')
import torch_ops, torch_vae


def median(run):
    times = []
    for i in range(12):
        torch.cuda.synchronize(); t = time.perf_counter()
        run(); torch.cuda.synchronize()
        if i >= 2: times.append((time.perf_counter() - t) * 1e3)
    return round(statistics.median(times), 4)


def precision(tf32):
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32


rows = []
for line in sys.stdin:
    request = json.loads(line)
    name, shape = request['op'], request['shape']
    if name not in torch_ops.OPS or time.time() - begin > limit * .7: continue
    cells = {}
    for tf32 in (False, True):
        precision(tf32)
        try:
            forward, leaves = torch_ops.OPS[name](shape)
            cells['forward', tf32] = median(forward)
            if leaves:
                y = forward(); dy = torch.randn_like(y)
                cells['backward', tf32] = median(lambda: y.backward(dy, retain_graph=True))
        except Exception as e:
            cells['forward', tf32] = f'{type(e).__name__}: {e}'
    for direction in ('forward', 'backward'):
        if (direction, False) in cells: rows.append([name, direction, 'x'.join(map(str, shape)), cells[direction, False], cells.get((direction, True))])

steps = []
for compiled in (False, True):
    for tf32 in (False, True):
        if time.time() - begin > limit * .9: break
        precision(tf32)
        try:
            step = torch_vae.Step()
            if compiled: step.model.compile()
            steps.append(['compiled' if compiled else 'eager', 'tf32' if tf32 else 'float32', median(step.run)])
        except Exception as e:
            steps.append(['compiled' if compiled else 'eager', 'tf32' if tf32 else 'float32', f'{type(e).__name__}: {e}'])
print(json.dumps(dict(status='measured', tables=[
    dict(title=f'PyTorch {torch.__version__}, cuDNN {torch.backends.cudnn.version()}, {torch.cuda.get_device_name()}', columns=['op', 'pass', 'size', 'ms', 'ms with tf32'], rows=rows),
    dict(title='A training step of the text-conditioned autoencoder, batch 64, 64x64', columns=['mode', 'precision', 'ms'], rows=steps)])))
