"""Records PyTorch's BatchNorm1d and Dropout over 100 steps as torch_batch_norm.json.

Run with PyTorch 2.13.0 (float64, CPU), which the tests do not need: python make_torch_batch_norm.py
"""

import json
import random
from pathlib import Path

import torch

torch.set_default_dtype(torch.float64)

INPUTS, UNITS, ROWS, STEPS, SHARE = 2, 3, 5, 100, 0.3


def run() -> dict[str, object]:
    """Linear, BatchNorm1d, tanh, Dropout, Linear: squared error and plain gradient descent on the same five rows."""
    numbers = random.Random(0)
    net = torch.nn.Sequential(
        torch.nn.Linear(INPUTS, UNITS),
        torch.nn.BatchNorm1d(UNITS, eps=1e-4, momentum=0.2),
        torch.nn.Tanh(),
        torch.nn.Dropout(SHARE),
        torch.nn.Linear(UNITS, 1),
    )
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(torch.tensor([numbers.uniform(-1, 1) for _ in range(parameter.numel())]).view_as(parameter))
    start = [parameter.tolist() for parameter in net.parameters()]
    X = [[numbers.uniform(-2, 2) for _ in range(INPUTS)] for _ in range(ROWS)]
    Y = [numbers.uniform(-1, 1) for _ in range(ROWS)]
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    masks, losses, found = [], [], []
    for step in range(1, STEPS + 1):
        torch.manual_seed(step)
        kept = torch.nn.functional.dropout(torch.ones(ROWS, UNITS), SHARE) > 0.0
        masks.append("".join(str(int(one)) for one in kept.flatten()))
        torch.manual_seed(step)
        loss = ((net(torch.tensor(X)).flatten() - torch.tensor(Y)) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if step in (1, 10, 50, STEPS):
            numbers_now = [tensor.tolist() for tensor in [*net.parameters(), net[1].running_mean, net[1].running_var]]
            found.append({"step": step, "numbers": numbers_now})
    net.eval()
    outputs = net(torch.tensor(X)).flatten().tolist()
    return {
        "start": start, "X": X, "Y": Y, "share": SHARE, "masks": masks, "losses": losses, "found": found,
        "outputs": outputs,
    }  # fmt: skip


if __name__ == "__main__":
    text = json.dumps({"torch": torch.__version__, **run()})
    Path(__file__).with_name("torch_batch_norm.json").write_text(text + "\n", encoding="utf-8")
