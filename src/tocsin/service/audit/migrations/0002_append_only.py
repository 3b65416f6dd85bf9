from django.db import migrations

from tocsin.service.audit.append_only import allow, forbid


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunPython(forbid, allow)]
