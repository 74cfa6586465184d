"""Records PyTorch's numbers as torch_reference.json: optimizers, schedules, losses, and one attention block.

Run with PyTorch 2.13.0 (float64, CPU), which the tests do not need: python make_torch_reference.py
"""

import json
import math
import random
from pathlib import Path

import torch

torch.set_default_dtype(torch.float64)

START = [0.5, -2.0, 30.0, 1e-3]
OPTIMIZERS = {
    "sgd": (torch.optim.SGD, {"lr": 0.1}),
    "weight_decay": (torch.optim.SGD, {"lr": 0.1, "weight_decay": 0.01}),
    "momentum": (torch.optim.SGD, {"lr": 0.05, "momentum": 0.9}),
    "momentum_weight_decay": (torch.optim.SGD, {"lr": 0.05, "momentum": 0.8, "weight_decay": 0.1}),
    "nesterov": (torch.optim.SGD, {"lr": 0.05, "momentum": 0.9, "nesterov": True}),
    "rmsprop": (torch.optim.RMSprop, {"lr": 0.01}),
    "rmsprop_weight_decay": (torch.optim.RMSprop, {"lr": 0.02, "alpha": 0.9, "eps": 1e-6, "weight_decay": 0.05}),
    "adam": (torch.optim.Adam, {"lr": 0.001}),
    "adam_weight_decay": (torch.optim.Adam, {"lr": 0.1, "betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.05}),
    "adamw": (torch.optim.AdamW, {"lr": 0.001}),
    "adamw_weight_decay": (torch.optim.AdamW, {"lr": 0.1, "betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.5}),
    "step_decay": (torch.optim.SGD, {"lr": 0.1}),
    "cosine": (torch.optim.AdamW, {"lr": 0.05}),
    "linear_decay": (torch.optim.SGD, {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.01}),
    "cosine_warmup": (torch.optim.Adam, {"lr": 0.05}),
    "own_schedule": (torch.optim.SGD, {"lr": 0.1}),
}
schedules = torch.optim.lr_scheduler
SCHEDULES = {
    "step_decay": lambda optimizer: schedules.StepLR(optimizer, 30, 0.5),
    "cosine": lambda optimizer: schedules.CosineAnnealingLR(optimizer, 100),
    "linear_decay": lambda optimizer: schedules.LinearLR(optimizer, 1.0, 0.1, 80),
    "cosine_warmup": lambda optimizer: schedules.SequentialLR(
        optimizer, [schedules.LinearLR(optimizer, 1 / 11, 1.0, 10), schedules.CosineAnnealingLR(optimizer, 90)], [10]
    ),
    "own_schedule": lambda optimizer: schedules.LambdaLR(optimizer, lambda step: 1.0 / (1.0 + 0.1 * step)),
}


def gradient(step: int, p: float, i: int) -> float:
    """A slope that depends on the parameter and jumps about, of a different size for each parameter."""
    return 10.0 ** (i - 2) * (math.sin(1.0 + 1.7 * step + i) + 0.3 * p)


def path(name: str) -> list[list[float]]:
    """The parameters after 1, 10, 20, ..., 100 steps."""
    make, options = OPTIMIZERS[name]
    parameters = [torch.tensor(p, requires_grad=True) for p in START]
    optimizer, found = make(parameters, **options), []
    schedule = SCHEDULES[name](optimizer) if name in SCHEDULES else None
    for step in range(1, 101):
        for i, parameter in enumerate(parameters):
            parameter.grad = torch.tensor(gradient(step, parameter.item(), i))
        optimizer.step()
        if schedule:
            schedule.step()
        if step == 1 or step % 10 == 0:
            found.append([parameter.item() for parameter in parameters])
    return found


def attention() -> dict[str, object]:
    """Four words of width 3 through one attention head, a residual, layer norm and softmax cross entropy."""
    numbers = random.Random(0)

    def matrix(rows: int, columns: int) -> torch.Tensor:
        return torch.tensor([[numbers.uniform(-1, 1) for _ in range(columns)] for _ in range(rows)], requires_grad=True)

    parts = {name: matrix(4 if name == "x" else 3, 3) for name in ("x", "query", "key", "value", "output")}
    gain, shift = torch.ones(3, requires_grad=True), torch.zeros(3, requires_grad=True)
    x = parts["x"]
    q, k, v = (x @ parts[name].T for name in ("query", "key", "value"))
    mixed = torch.softmax(q @ k.T / math.sqrt(3), dim=1) @ v
    normal = torch.nn.functional.layer_norm(x + mixed, (3,), gain, shift, eps=1e-5)
    scores = normal @ parts["output"].T
    loss = torch.nn.functional.cross_entropy(scores, torch.tensor([0, 2, 1, 1]))
    loss.backward()
    everything = {**parts, "gain": gain, "shift": shift}
    return {
        "inputs": {name: tensor.tolist() for name, tensor in everything.items()},
        "scores": scores.tolist(),
        "loss": loss.item(),
        "gradients": {name: tensor.grad.tolist() for name, tensor in everything.items()},
    }


def losses() -> list[float]:
    """CrossEntropyLoss(weight, label_smoothing) of the scores 1, 2.5, -0.5 for each class, then for shares."""
    rows = torch.tensor([[1.0, 2.5, -0.5]] * 3)
    options = {"weight": torch.tensor([1.0, 5.0, 0.5]), "label_smoothing": 0.1, "reduction": "none"}
    loss = torch.nn.CrossEntropyLoss(**options)
    return [*loss(rows, torch.tensor([0, 1, 2])).tolist(), *loss(rows[:1], torch.tensor([[0.2, 0.5, 0.3]])).tolist()]


if __name__ == "__main__":
    numbers = {"torch": torch.__version__, "start": START, "paths": {name: path(name) for name in OPTIMIZERS}}
    text = json.dumps({**numbers, "attention": attention(), "cross_entropy": losses()})
    Path(__file__).with_name("torch_reference.json").write_text(text + "\n", encoding="utf-8")
