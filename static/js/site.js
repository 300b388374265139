// Every page: the look that this reader chose, the reader's clock, its menus, and the way to what was wrong with a form.

import { focusFirstError } from "./lib/first_error.js";
import { beginLook } from "./lib/look.js";
import { closeMenusWhenLeft } from "./lib/menus.js";
import { tellTimeZone } from "./lib/time_zone.js";
import "./elements/linnet_look.js";

beginLook();
closeMenusWhenLeft();
tellTimeZone();
focusFirstError();
