"""How good the engine is: on a dataset of pairs (`edge-node evaluate`), on one's own gallery (`calibrate`).

    dataset -> vectors (cached) -> rates, folds, identification -> report, plot
    gallery -> neighbours, risk -> report

Rates are those of ISO/IEC 19795-1: FMR and FNMR of one comparison, FPIR and FNIR of a search in a gallery.
"""
