#pragma once

#include <stddef.h>

/// A file of the server's pages, as it lies in web/.
struct WebAsset {
    const char *path;
    const unsigned char *bytes;
    size_t size;
};

/// All files, sorted by path.
extern const struct WebAsset *const web_assets;
extern const size_t web_asset_count;
