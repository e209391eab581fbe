"""Writes the files that the readers are tested on, by NumPy and pickle themselves. Argument: a folder."""
import pickle
import sys
import tarfile

import numpy

folder = sys.argv[1]
x = numpy.arange(24).reshape(2, 3, 4)
numpy.savez(f"{folder}/plain.npz", x=x.astype("float32"), y=numpy.array([1, -1]))
numpy.savez_compressed(f"{folder}/packed.npz", images=x.astype("uint8"), labels=numpy.array([3, 7], dtype="uint8"))
numpy.save(f"{folder}/x.npy", (x.reshape(2, 2, 3, 2) / 2).astype("float64"))
numpy.save(f"{folder}/y.npy", numpy.array([0, 1], dtype="int32"))
numpy.save(f"{folder}/fortran.npy", numpy.asfortranarray(x))
numpy.save(f"{folder}/complex.npy", x.astype("complex64"))
for protocol in (2, 4):
    pixels = (numpy.arange(2 * 3072) % 251).astype("uint8").reshape(2, 3072)
    for name in ["test_batch", *(f"data_batch_{i}" for i in range(1, 6))]:
        with open(f"{folder}/{name}.{protocol}", "wb") as out:
            pickle.dump({"batch_label": "testing", "labels": [6, 9], "data": pixels, "filenames": ["a.png", "b.png"]}, out, protocol=protocol)
    with open(f"{folder}/fine.{protocol}", "wb") as out:
        pickle.dump({b"fine_labels": [99, 300], b"data": pixels}, out, protocol=protocol)
    with open(f"{folder}/coarse.{protocol}", "wb") as out:
        pickle.dump({b"fine_labels": [99, 0], b"coarse_labels": [19, 4], b"data": pixels}, out, protocol=protocol)
for form, mode in (("tar.gz", "w:gz"), ("tar", "w")):
    with tarfile.open(f"{folder}/cifar-100-python.{form}", mode) as archive:
        for name in ("train", "test"):
            archive.add(f"{folder}/coarse.2", f"cifar-100-python/{name}")
numpy.save(f"{folder}/large.npy", numpy.arange(700 * 60 * 60, dtype="uint16").reshape(700, 60, 60))
numpy.save(f"{folder}/large_y.npy", numpy.arange(700, dtype="int64"))
