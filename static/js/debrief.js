// The debrief while its owner changes something. Without scripts every form works as a form.

import "./elements/linnet_note.js";
import { chooseByWriting } from "./lib/heard_as.js";

chooseByWriting(document.getElementById("heard-as"));
