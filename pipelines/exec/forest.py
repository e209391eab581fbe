"""A random forest of scikit-learn as a stage: a table of its accuracy by depth, and the forest itself in a folder."""
import json
import os

import joblib
import numpy as np
from sklearn.ensemble import RandomForestClassifier

with open(os.environ["REPRISE_TASK"]) as file:
    task = json.load(file)
params = task["params"]


def samples(path):
    table = np.genfromtxt(path, delimiter=",", names=True)
    names = [name for name in table.dtype.names if name != "y"]
    return np.stack([table[name] for name in names], axis=1), table["y"] > 0


x, y = samples(task["inputs"]["data"])
fresh_x, fresh_y = samples(task["inputs"]["fresh"])
forest = RandomForestClassifier(n_estimators=params["trees"], max_depth=params["depth"], random_state=params["seed"], n_jobs=task["threads"])
forest.fit(x, y)
train, test = forest.score(x, y), forest.score(fresh_x, fresh_y)

with open(task["metrics"], "a") as metrics:
    print(json.dumps({"train_accuracy": train, "test_accuracy": test}), file=metrics)
with open(task["outputs"]["stat"], "w") as file:
    print("trees,train_accuracy,test_accuracy", f"{params['trees']},{train},{test}", sep="\n", file=file)
with open(task["outputs"]["importances"], "w") as file:
    print("feature,importance", *(f"{at},{value}" for at, value in enumerate(forest.feature_importances_)), sep="\n", file=file)
joblib.dump(forest, os.path.join(task["outputs"]["forest"], "forest.joblib"))
print(f"{params['trees']} trees of depth {params['depth']}: {test:.3f} of {len(fresh_x)} fresh samples right")
