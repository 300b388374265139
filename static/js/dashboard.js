// The first page: Start.

import "./elements/linnet_start.js";
