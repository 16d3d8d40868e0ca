"""Rows of any container, layout, dtype and label come back as they went in, new rows after."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn import config_context, get_config
from sklearn.exceptions import NotFittedError

from mgvae_resample import FewRowsWarning
from mgvae_resample._modality.base import Modality
from mgvae_resample._nn.mlp import Network
from tests.support import counts, quick_gan, quick_vae, table

DTYPES = ["float64", "float32", "float16", "int64", "int8", "uint8", "uint16", "bool"]


def frozen(X):
    X = X.copy()
    X.setflags(write=False)
    return X


def spread(X):
    """Return the rows as a view that skips every other entry of its memory."""
    wide = np.zeros((len(X) * 2, X.shape[1] * 2))
    wide[::2, ::2] = X
    return wide[::2, ::2]


LAYOUTS = {
    "read-only": frozen,
    "fortran": np.asfortranarray,
    "big-endian": lambda X: X.astype(">f8"),
    "negative strides": lambda X: X[::-1, ::-1].copy()[::-1, ::-1],
    "strided": spread,
    "tensor": torch.tensor,
}


@pytest.mark.parametrize("dtype", DTYPES)
def test_dtype_is_kept_and_originals_come_first(quick, binary, dtype):
    X, y = binary
    X = X > 1 if dtype == "bool" else (X * 10 + 40).astype(dtype)
    X_res, y_res = quick().fit_resample(X, y)
    assert X_res.dtype == dtype
    assert_array_equal(X_res[: len(X)], X)
    assert_array_equal(y_res[: len(y)], y)
    assert_array_equal(y_res[len(y) :], np.ones(45))
    assert X_res.shape == (120, 4)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_memory_layout_does_not_matter(quick, binary, layout):
    X, y = binary
    expected, _ = quick().fit_resample(X, y)
    X_res, _ = quick().fit_resample(LAYOUTS[layout](X), frozen(y))
    assert isinstance(X_res, np.ndarray)
    assert_array_equal(X_res, expected)


def test_rows_mapped_from_a_file(quick, binary, tmp_path):
    X, y = binary
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    assert_array_equal(quick().fit_resample(mapped, y)[0], quick().fit_resample(X, y)[0])


def test_input_is_never_written_to(quick, binary):
    X, y = binary
    X_before, y_before = X.copy(), y.copy()
    X_res, y_res = quick().fit_resample(X, y)
    X_res += 1
    y_res += 1
    assert_array_equal(X, X_before)
    assert_array_equal(y, y_before)


@pytest.mark.parametrize("kind", ["matrix", "array"])
@pytest.mark.parametrize("form", ["csr", "csc", "coo"])
def test_sparse_in_sparse_out(quick, binary, form, kind):
    X, y = binary
    X = np.where(X > 1, X, 0.0)
    container = getattr(sparse, f"{form}_{kind}")
    expected, _ = quick().fit_resample(X, y)
    X_res, _ = quick().fit_resample(container(X), y)
    assert sparse.issparse(X_res)
    assert isinstance(X_res, sparse.sparray) == (kind == "array")
    assert X_res.format == ("csr" if form == "coo" else form)
    assert_array_equal(X_res.toarray(), expected)


@pytest.mark.skipif(
    "sparse_interface" not in get_config(), reason="scikit-learn has no such setting"
)
@pytest.mark.parametrize("setting", ["spmatrix", "sparray"])
@pytest.mark.parametrize("container", [sparse.csr_matrix, sparse.csr_array])
def test_a_sparse_container_is_kept_whatever_scikit_learn_prefers(
    quick, binary, container, setting
):
    X, y = binary
    with config_context(sparse_interface=setting):
        X_res, _ = quick().fit_resample(container(np.where(X > 1, X, 0.0)), y)
    assert type(X_res) is container


def test_sparse_rows_keep_their_dtype(quick, binary):
    X, y = binary
    X_res, _ = quick().fit_resample(sparse.csr_array(np.abs(X).astype(np.float32)), y)
    assert X_res.dtype == np.float32


def test_lists_in_lists_out(quick, binary):
    X, y = binary
    X_res, y_res = quick().fit_resample(X.tolist(), y.tolist())
    assert isinstance(X_res, list)
    assert isinstance(y_res, list)
    assert X_res[: len(X)] == X.tolist()
    assert counts(y_res) == {0: 60, 1: 60}


@pytest.mark.parametrize(
    "dtypes",
    [
        ["int64", "float32", "float64", "uint8"],
        ["int64", "float32", "bool", "float64"],
        ["Int64", "Float64", "Float32", "boolean"],
    ],
    ids=" ".join,
)
def test_frame_keeps_names_and_dtypes(quick, binary, dtypes):
    X, y = binary
    frame = pd.DataFrame(np.abs(X) * 10, columns=["a", "b", "c", "d"])
    for name, dtype in zip(frame.columns, dtypes, strict=True):
        column = frame[name]
        if dtype in {"bool", "boolean"}:
            column = column > 10
        elif dtype.lower().startswith(("int", "uint")):
            column = column.round()
        frame[name] = column.astype(dtype)
    X_res, y_res = quick().fit_resample(frame, pd.Series(y, name="target"))
    pd.testing.assert_frame_equal(X_res.iloc[: len(X)], frame)
    assert X_res.dtypes.tolist() == frame.dtypes.tolist()
    assert len(X_res) == 120
    assert y_res.name == "target"
    assert (y_res.index == X_res.index).all()


LABELS = {
    "strings": np.array(["no", "yes"]),
    "objects": np.array(["no", "yes"], dtype=object),
    "bools": np.array([False, True]),
    "floats": np.array([0.0, 1.0]),
    "small integers": np.array([3, 7], dtype=np.int8),
}


@pytest.mark.parametrize("labels", LABELS)
def test_labels_of_any_dtype(quick, binary, labels):
    X, y = binary
    y = LABELS[labels][y]
    _, y_res = quick().fit_resample(X, y)
    assert y_res.dtype == y.dtype
    assert_array_equal(y_res[: len(y)], y)
    assert list(counts(y_res).values()) == [60, 60]


@pytest.mark.parametrize("dtype", ["str", "category", "Int64", "boolean", "string"])
def test_label_series_of_any_dtype(quick, binary, dtype):
    X, y = binary
    y = pd.Series(y).astype("boolean" if dtype == "boolean" else dtype)
    _, y_res = quick().fit_resample(X, y)
    assert y_res.dtype == y.dtype
    assert (y_res.iloc[: len(y)] == y).all()
    assert y_res.value_counts().tolist() == [60, 60]


def test_one_vs_rest_labels_come_back_as_such(quick, three_classes):
    X, y = three_classes
    X_res, y_res = quick().fit_resample(X, np.eye(3, dtype=int)[y])
    expected, y_expected = quick().fit_resample(X, y)
    assert_array_equal(X_res, expected)
    assert_array_equal(y_res, np.eye(3, dtype=int)[y_expected])


def test_pickle_after_training_samples_the_same_rows(quick, three_classes):
    X, y = three_classes
    sampler = quick()
    sampler.fit_resample(X, y)
    twin = pickle.loads(pickle.dumps(sampler))
    rows = sampler.sample(7, 2)
    assert rows.shape == (7, 4)
    assert_array_equal(twin.sample(7, 2), rows)


def test_sample_gives_rows_like_the_table(quick, binary):
    X, y = binary
    sampler = quick()
    sampler.fit_resample((X * 10).astype(np.int16), y)
    rows = sampler.sample(11, 1)
    assert rows.dtype == np.int16
    assert rows.shape == (11, 4)


def test_an_int_gives_the_same_rows_at_every_call(quick, binary):
    sampler = quick()
    X_res, _ = sampler.fit_resample(*binary)
    first = sampler.sample(11, 1)
    assert_array_equal(sampler.sample(11, 1), first)
    assert not np.array_equal(first, X_res[75:86])  # those of fit_resample are others


def test_a_random_state_of_its_own_gives_other_rows(quick, binary):
    sampler = quick()
    sampler.fit_resample(*binary)
    usual, other = sampler.sample(11, 1), sampler.sample(11, 1, random_state=5)
    assert other.shape == usual.shape
    assert not np.array_equal(other, usual)
    assert_array_equal(sampler.sample(11, 1, random_state=5), other)
    assert not np.array_equal(sampler.sample(11, 1, random_state=6), other)
    # The sampler's own seed is 0, and it is not changed.
    assert_array_equal(sampler.sample(11, 1, random_state=0), usual)
    assert_array_equal(sampler.sample(11, 1), usual)


def test_a_random_state_instance_goes_on_from_call_to_call(quick, binary):
    sampler = quick()
    sampler.fit_resample(*binary)
    state = np.random.RandomState(3)
    first, second = (sampler.sample(11, 1, random_state=state) for _ in range(2))
    assert not np.array_equal(first, second)
    again = np.random.RandomState(3)
    assert_array_equal(sampler.sample(11, 1, random_state=again), first)


def test_the_label_may_be_left_out_where_one_class_was_oversampled(quick, binary, three_classes):
    sampler = quick()
    sampler.fit_resample(*binary)
    assert_array_equal(sampler.sample(11), sampler.sample(11, 1))
    assert_array_equal(sampler.sample(11, random_state=5), sampler.sample(11, 1, random_state=5))
    sampler.fit_resample(*three_classes)
    with pytest.raises(ValueError, match=r"'label' is None.*\[1, 2\]"):
        sampler.sample(11)


@pytest.mark.parametrize("n_samples", [0, -1, 2.0, "3", None])
def test_a_number_of_rows_that_is_none_is_refused(quick, binary, n_samples):
    sampler = quick()
    sampler.fit_resample(*binary)
    with pytest.raises(ValueError, match="'n_samples' must be an integer of at least 1"):
        sampler.sample(n_samples, 1)


def count_calls(monkeypatch, owner, name):
    """Return a list that grows by one item at every call of a method."""
    calls, method = [], getattr(owner, name)

    def counted(self, *args, **kwargs):
        calls.append(type(self).__name__)
        return method(self, *args, **kwargs)

    monkeypatch.setattr(owner, name, counted)
    return calls


def test_sampling_builds_no_network_and_encodes_no_table(quick, three_classes, monkeypatch):
    sampler = quick()
    sampler.fit_resample(*three_classes)
    built = count_calls(monkeypatch, Network, "__init__")
    encoded = count_calls(monkeypatch, Modality, "encode")
    for _ in range(2):
        for label in (1, 2):
            sampler.sample(9, label)
    assert built == encoded == []
    sampler.fit_resample(*three_classes)
    assert encoded
    assert bool(built) == bool(sampler.history_)


def test_exemplars_are_encoded_once_and_not_again_at_every_request(binary):
    sampler = quick_vae()
    sampler.fit_resample(*binary)
    network = sampler._synthesizers[1].network
    rows_encoded = []
    network.encoder.register_forward_hook(lambda _, x, __: rows_encoded.append(len(x[0])))
    sampler.sample(1, 1)
    # The row of the class and the exemplar that are translated; not all 60 exemplars.
    assert max(rows_encoded) == 1
    # A loaded sampler encodes them at its first request.
    twin = pickle.loads(pickle.dumps(sampler))
    twin._synthesizers[1].network.encoder.register_forward_hook(
        lambda _, x, __: rows_encoded.append(len(x[0]))
    )
    twin.sample(1, 1)
    assert max(rows_encoded) == 60
    rows_encoded.clear()
    twin.sample(1, 1)
    assert max(rows_encoded) == 1


CONTAINERS = {
    "ndarray": np.asarray,
    "pandas": lambda X: pd.DataFrame(X, columns=list("abc")),
    "polars": lambda X: pl.DataFrame(X, schema=list("abc")),
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_real_rows_are_the_rows_they_are_said_to_be_bit_for_bit(container):
    """More distinct values than the encoding keeps one by one; so rows are taken, not decoded."""
    g = np.random.default_rng(0)
    y = np.repeat([0, 1], [4000, 3500])
    X = np.exp(g.normal(size=(7500, 3)) + y[:, None])
    sampler = quick_gan(generated_fraction=0.3, max_steps=2)
    X_res, _ = sampler.fit_resample(CONTAINERS[container](X), y)
    source, new = sampler.source_indices_, np.asarray(X_res)[7500:]
    real = source >= 0
    assert real.sum() == 350
    assert (y[source[real]] == 1).all()
    assert_array_equal(new[real].view(np.int64), X[source[real]].view(np.int64))


def test_real_images_are_the_images_they_are_said_to_be_bit_for_bit():
    g = np.random.default_rng(0)
    y = np.repeat([0, 1], [60, 20])
    X = g.random((80, 30)) * np.pi - 1.0
    sampler = quick_gan(
        image_shape=(5, 6),
        augmentation_strength=0.0,
        generated_fraction=0.5,
        hidden_layer_sizes=(4,),
    )
    X_res, _ = sampler.fit_resample(X, y)
    source, new = sampler.source_indices_, X_res[80:]
    real = source >= 0
    assert real.sum() == 20
    assert_array_equal(new[real].view(np.int64), X[source[real]].view(np.int64))


def test_translate_gives_one_row_for_each(binary):
    X, y = binary
    sampler = quick_vae()
    sampler.fit_resample(X, y)
    rows = sampler.translate(X[y == 0], 1)
    assert rows.shape == (60, 4)
    assert rows.dtype == X.dtype
    assert np.isfinite(rows).all()


def test_a_pickled_sampler_translates_the_same_way(three_classes):
    X, y = three_classes
    sampler = quick_vae()
    sampler.fit_resample(X, y)
    twin = pickle.loads(pickle.dumps(sampler))
    majority = X[y == 0][:6]
    assert_array_equal(twin.translate(majority, 1), sampler.translate(majority, 1))


def test_every_synthetic_row_names_the_majority_row_behind_it(three_classes):
    X, y = three_classes
    sampler = quick_vae()
    X_res, _ = sampler.fit_resample(X, y)
    assert len(sampler.source_indices_) == len(X_res) - len(X)
    assert_array_equal(y[sampler.source_indices_], np.zeros(len(X_res) - len(X)))


def test_unfitted_sampler_says_so(quick, binary):
    for sampler in (quick(), quick().fit(*binary)):
        with pytest.raises(NotFittedError, match="call fit_resample"):
            sampler.sample(5, 1)


def test_unfitted_sampler_translates_nothing():
    with pytest.raises(NotFittedError):
        quick_vae().translate(np.zeros((2, 4)), 1)


def test_a_label_that_was_not_trained_is_refused_by_name(quick, binary):
    sampler = quick()
    sampler.fit_resample(*binary)
    with pytest.raises(ValueError, match="'maybe'"):
        sampler.sample(5, "maybe")


def test_translate_refuses_rows_of_another_width(binary):
    sampler = quick_vae()
    sampler.fit_resample(*binary)
    with pytest.raises(ValueError, match="3 features"):
        sampler.translate(np.zeros((2, 3)), 1)


def test_a_large_class_keeps_every_row_when_nothing_is_to_be_made(quick):
    X, y = table(20, 20)
    sampler = quick()
    X_res, y_res = sampler.fit_resample(X, y)
    assert_array_equal(X_res, X)
    assert_array_equal(y_res, y)
    assert sum(sampler.n_synthetic_.values()) == 0


def test_every_class_has_an_encoder_and_exemplars_of_its_own(three_classes):
    X, y = three_classes
    sampler = quick_vae(latent_dim=3)
    sampler.fit_resample(X, y)
    assert list(sampler.exemplar_indices_) == list(sampler.n_synthetic_)
    latents = [sampler.encode(X, label) for label in sampler.exemplar_indices_]
    assert all(z.shape == (len(X), 3) for z in latents)
    assert not np.allclose(*latents)
    for exemplars in sampler.exemplar_indices_.values():
        assert_array_equal(np.sort(exemplars), np.flatnonzero(y == 0))
        assert np.isin(sampler.source_indices_, exemplars).all()


def test_a_class_that_was_not_learned_has_no_latents():
    X, y = np.arange(60.0).reshape(30, 2), np.repeat([0, 1], [28, 2])
    sampler = quick_vae()
    with pytest.warns(FewRowsWarning):
        sampler.fit_resample(X, y)
    assert sampler.exemplar_indices_ == {}
    with pytest.raises(ValueError, match="Class 1 has no latents"):
        sampler.encode(X, 1)
