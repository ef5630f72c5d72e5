#!/usr/bin/env python3
"""Our ops' sizes and the text-conditioned autoencoder's step in PyTorch on a card: {"op", "shape", "precisions"} a line on standard input, one section of the report on standard output.

float32; tf32, which its matrix products and cuDNN's convolutions may then take; bf16 by autocast. A time is the median from the call until the card is done. Argument: the seconds that all may take.
"""
import contextlib, json, os, statistics, sys, time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
begin, limit = time.time(), float(sys.argv[1])
PRECISIONS = ['float32', 'tf32', 'bf16']


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
torch.backends.cudnn.benchmark = True
import torch_ops, torch_vae


def median(run, runs=12):
    times = []
    for i in range(runs):
        torch.cuda.synchronize(); t = time.perf_counter()
        run(); torch.cuda.synchronize()
        if i >= 2: times.append((time.perf_counter() - t) * 1e3)
    return round(statistics.median(times), 4)


@contextlib.contextmanager
def precision(name):
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = name == 'tf32'
    with torch.autocast('cuda', torch.bfloat16) if name == 'bf16' else contextlib.nullcontext(): yield


def fault(e): return f'{type(e).__name__}: {e}'.splitlines()[0][:80]


rows = []
for line in sys.stdin:
    request = json.loads(line)
    name, shape = request['op'], request['shape']
    if name not in torch_ops.OPS or time.time() - begin > limit * .5: continue
    cells = {}
    for one in request['precisions']:
        try:
            forward, leaves = torch_ops.OPS[name](shape)
            with precision(one):
                cells['forward', one] = median(forward)
                if leaves: y = forward()
            if leaves:
                with precision(one if one != 'bf16' else 'float32'):
                    dy = torch.randn_like(y)
                    cells['backward', one] = median(lambda: y.backward(dy, retain_graph=True))
        except Exception as e:
            cells['forward', one] = fault(e)
    for direction in ('forward', 'backward'):
        if any(d == direction for d, _ in cells): rows.append([name, direction, 'x'.join(map(str, shape)), *[cells.get((direction, one)) for one in PRECISIONS]])

steps = []
for side in (64, 128):
    row = [side]
    for compiled in (False, True):
        for one in PRECISIONS:
            if time.time() - begin > limit * (.95 if compiled else .8):
                row.append('no time was left')
                continue
            try:
                step = torch_vae.Step(side=side)
                if compiled: step.model.compile()
                def run():
                    with precision(one): step.run()
                row.append(median(run))
            except Exception as e:
                row.append(fault(e))
    steps.append(row)
print(json.dumps(dict(status='measured', tables=[
    dict(title=f'PyTorch {torch.__version__}, cuDNN {torch.backends.cudnn.version()}, {torch.cuda.get_device_name()}', columns=['op', 'pass', 'size', *[f'{one} ms' for one in PRECISIONS]], rows=rows),
    dict(title='A training step of the text-conditioned autoencoder, batch 64', columns=['side', *[f'{one} ms' for one in PRECISIONS], *[f'{one} compiled ms' for one in PRECISIONS]], rows=steps)])))
