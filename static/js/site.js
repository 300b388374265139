// Every page: the look that this reader chose.

import "./elements/linnet_look.js";
