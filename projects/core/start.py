"""How to get started (slide 20): classes, frameworks with today's status, a first program. Data, and how lines are read."""

from dataclasses import dataclass

from dlstart_web.kit.say import say


@dataclass(frozen=True)
class Framework:
    """One of the talk's list of 2017, or one that came after it."""

    name: str
    status: str  # living | retired
    today: str
    in_talk: bool = True


FRAMEWORKS = (
    Framework("TensorFlow", "living", say("maintained; much of it is used through Keras")),
    Framework("Keras", "living", say("version 3 runs on TensorFlow, JAX and PyTorch")),
    Framework("Torch", "retired", say("the Lua version ended; PyTorch is its successor")),
    Framework("Caffe", "retired", say("no release since 2017; what was left went into PyTorch")),
    Framework("CNTK", "retired", say("Microsoft ended it with version 2.7 in 2019")),
    Framework("MXNet", "retired", say("moved to the Apache Attic in 2023")),
    Framework("Theano", "retired", say("ended in 2017; PyTensor goes on from it")),
    Framework("PyTorch", "living", say("the most used today"), in_talk=False),
    Framework("JAX", "living", say("for research and very large models"), in_talk=False),
    Framework("scikit-learn", "living", say("no deep learning, and often enough"), in_talk=False),
)
KITS = {
    "scikit-learn": """\
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

train = pd.read_csv("train.csv")
inputs = pd.read_csv("validation-inputs.csv")
target = "label"  # the column that your project predicts

columns = [name for name in inputs.columns if name != "id" and train[name].dtype.kind in "if"]
model = HistGradientBoostingClassifier().fit(train[columns], train[target])
inputs["prediction"] = model.predict(inputs[columns])
inputs[["id", "prediction"]].to_csv("preds.csv", index=False)  # hand it in on the page of the ladder
""",
    "PyTorch": """\
import pandas as pd
import torch

train = pd.read_csv("train.csv")
inputs = pd.read_csv("validation-inputs.csv")
target = "label"  # the column that your project predicts

columns = [name for name in inputs.columns if name != "id" and train[name].dtype.kind in "if"]
mean, std = train[columns].mean(), train[columns].std() + 1e-9
as_tensor = lambda table: torch.tensor(((table[columns] - mean) / std).fillna(0).to_numpy(), dtype=torch.float32)
names = sorted(train[target].unique())
y = torch.tensor([names.index(value) for value in train[target]])

net = torch.nn.Sequential(torch.nn.Linear(len(columns), 64), torch.nn.ReLU(), torch.nn.Linear(64, len(names)))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(100):  # watch the validation loss: stop when it rises
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(net(as_tensor(train)), y).backward()
    optimizer.step()
inputs["prediction"] = [names[i] for i in net(as_tensor(inputs)).argmax(1)]
inputs[["id", "prediction"]].to_csv("preds.csv", index=False)  # hand it in on the page of the ladder
""",
}


@dataclass(frozen=True)
class Link:
    """A class or a text to learn from."""

    title: str
    address: str
    note: str = ""


LINKS = (
    Link("NVIDIA Deep Learning Institute", "https://www.nvidia.com/en-us/training/", say("named in the talk; hands-on, by the hour")),
    Link("Practical Deep Learning for Coders", "https://course.fast.ai/", say("free, for people who program")),
    Link("Rules of Machine Learning", "https://developers.google.com/machine-learning/guides/rules-of-ml", say("begin without ML")),
)  # fmt: skip
LINKS_AT_MOST = 30


class LinkProblem(ValueError):
    """A line that is no link; its text says which and how it would be one."""


def links_of_lines(text: str) -> list[Link]:
    """One link a line: title | address | remark; the remark may be left out."""
    links = []
    for number, line in enumerate(filter(str.strip, text.splitlines()), start=1):
        title, _, rest = line.partition("|")
        address, _, note = rest.partition("|")
        title, address, note = title.strip(), address.strip(), note.strip()
        if not title or not address.startswith("https://") or " " in address:
            raise LinkProblem(
                say(
                    "Line {number}: write “title | https://… | remark”; “{line}” is not that",
                    number=number,
                    line=line.strip()[:60],
                )
            )
        links.append(Link(title[:100], address[:300], note[:200]))
    if len(links) > LINKS_AT_MOST:
        raise LinkProblem(say("There are {count} lines; {most} are kept at most", count=len(links), most=LINKS_AT_MOST))
    return links


def lines_of_links(links: list[Link]) -> str:
    """The same as text, to be edited."""
    return "\n".join(" | ".join(str(part) for part in (link.title, link.address, link.note) if part) for link in links)
