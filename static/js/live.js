// The live page. `linnet_live.js` comes first: the other elements look for its feed when they wake up.

import "./elements/linnet_live.js";
import "./elements/linnet_status.js";
import "./elements/linnet_captions.js";
import "./elements/linnet_tone.js";
import "./elements/linnet_line.js";
import "./elements/linnet_alert.js";
import "./elements/linnet_microphone.js";
import "./elements/linnet_end.js";
