// What every page may use; each part is a page of its own. A page without script is whole.
import "./theme.js";
import "./keys.js";
import "./said.js";
import "./forms.js";
import "./live.js";
import "./walk.js";
import "./tabs.js";
import "./talk.js";
import "./composer.js";
import "./naming.js";
import "./passkey.js";
