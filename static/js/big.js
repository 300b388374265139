// Captions for a second screen or the middle of a table.

import "./elements/linnet_live.js";
import "./elements/linnet_status.js";
import "./elements/linnet_alert.js";
import "./elements/linnet_big.js";
import "./elements/linnet_off_record.js";
