// Check before a call.

import "./elements/linnet_check.js";
