"""The drives that come with the course."""

import pytest

from irl_course.environments import highway, shipped_drives
from irl_course.environments.recorded import DRIVE_STYLES

pytestmark = pytest.mark.filterwarnings("error")


@pytest.mark.parametrize("style", DRIVE_STYLES)
def test_eight_drives_of_each_style_and_three_in_dense_traffic(style):
    drives, dense = shipped_drives(style), shipped_drives(style, dense=True)
    assert (drives.n_demos, drives.horizon) == (8, 50)
    assert (dense.n_demos, dense.horizon) == (3, 50)


def test_they_drive_as_their_names_say():
    features = highway().features

    def shares(style, **how):
        drives = shipped_drives(style, **how)
        return features[drives.states[:, :-1], drives.actions].mean(axis=(0, 1))

    for dense in (False, True):
        hits = {style: shares(style, dense=dense)[0] for style in DRIVE_STYLES}
        assert hits["nice"] < 0.1 < hits["middle lane"] < hits["nasty"]
    assert shares("middle lane")[3] > 0.9  # the middle lane


def test_another_style_is_refused_and_the_styles_are_listed():
    with pytest.raises(ValueError, match="style is 'rude', expected one of 'nice', 'nasty', 'midd"):
        shipped_drives("rude")
