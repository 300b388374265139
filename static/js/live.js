// The live page. `linnet_live.js` comes first: the other elements look for its feed when they wake up.

import "./elements/linnet_live.js";
import "./elements/linnet_status.js";
import "./elements/linnet_captions.js";
import "./elements/linnet_tone.js";
import "./elements/linnet_line.js";
import "./elements/linnet_alert.js";
import "./elements/linnet_microphone.js";
import "./elements/linnet_end.js";
import "./elements/linnet_notice.js";
import "./elements/linnet_line_tools.js";
import "./elements/linnet_voices.js";
import "./elements/linnet_catch_up.js";
import "./elements/linnet_off_record.js";
import "./elements/linnet_notes.js";
import "./elements/linnet_whispers.js";
import "./elements/linnet_shortcuts.js";
import "./elements/linnet_whisper.js";
