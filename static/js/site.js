// Every page: the look that this reader chose.

import { beginLook } from "./lib/look.js";
import "./elements/linnet_look.js";

beginLook();
