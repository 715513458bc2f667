"""Renders a master with EAR, by its own file renderer, but gives the result before it is written as integers."""

import logging
import warnings

import numpy as np
from ear.cmdline.render_file import OfflineRenderDriver
from ear.core.metadata_processing import preprocess_rendering_items
from ear.core.select_items import select_rendering_items
from ear.fileio import openBw64Adm
from ear.fileio.adm import timing_fixes


class Driver(OfflineRenderDriver):
    """`ear-render` with an importance threshold, which it has no option for."""

    importance = None

    def get_rendering_items(self, adm):
        items = select_rendering_items(
            adm,
            audio_programme=self.get_audio_programme(adm),
            selected_complementary_objects=self.get_complementary_objects(adm),
        )
        return preprocess_rendering_items(items, importance_threshold=self.importance)


def render(path, layout, programme=None, complementary=(), importance=None, repair_times=False):
    """Sample rate, bits of the master, and frames x channels.

    EAR reads a sample as the integer over 2^(bits-1) - 1, others over 2^(bits-1); the result is scaled to the latter.
    """
    driver = Driver(
        target_layout=layout,
        speakers_file=None,
        output_gain_db=0,
        fail_on_overload=False,
        enable_block_duration_fix=repair_times,
        programme_id=programme,
        complementary_object_ids=list(complementary),
    )
    driver.importance = importance
    logging.getLogger("ear").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        speakers, upmix, _ = driver.load_output_layout()
        with openBw64Adm(str(path)) as file:
            file.adm.validate()
            timing_fixes.check_blockFormat_timings(file.adm, fix=repair_times)
            blocks = list(driver.render_input_file(file, speakers, upmix))
            full = 2.0 ** (file.bitdepth - 1)
            return file.sampleRate, file.bitdepth, np.concatenate(blocks) * ((full - 1) / full)
