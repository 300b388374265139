"""For staff: how the system does, without reading people's lives. What was said is hidden until it is revealed."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from sessions_app.admin import accounts, audit, events, feedback, health, sessions  # noqa: F401  (each registers its own)

admin.site.site_header = _("Linnet for staff")
admin.site.site_title = _("Linnet")
admin.site.index_title = _("What to look after")
admin.site.disable_action("delete_selected")  # it would list what people wrote, and leave their bytes behind
