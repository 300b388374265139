// Check before a call.

import "./elements/linnet_check.js";

// Without scripts there is nothing to press and nobody asks, so these parts show themselves only here.
for (const part of document.querySelectorAll("linnet-check [data-by-script]")) part.hidden = false;
