"""Charts: pure functions from numbers to the text of an SVG. One kind of chart is one file.

Every chart is fluid: places along x are percentages of the plot's width, places along y are pixels, and letters keep their
size whatever the width. Labels stand outside the plot's area; the style sheet leaves the margin for them. Colours come from
the style sheet's classes, so that charts follow light, dark and print. Letters are text, drawn in the browser's fonts.
"""
