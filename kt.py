import os, sys, time, tempfile, pathlib
t=os.times
def cpu(): a=os.times(); return a.user+a.system+a.children_user+a.children_system
home=tempfile.mkdtemp(dir='/tmp/U9'); os.environ['BANGFU_HOME']=home; os.environ['DJANGO_SETTINGS_MODULE']='bangfu.settings'
sys.path.insert(0,'/tmp/U9/clone')
a=cpu()
import django; django.setup(); print('setup',cpu()-a); a=cpu()
from tests.registry import killing
from tests.registry.sheets import households, workbook
print('import',cpu()-a); a=cpu()
files=[workbook(pathlib.Path(home)/f'{n}.xlsx', households(60,first=n*60+1)) for n in range(23)]
print('workbooks',cpu()-a); a=cpu()
killing.prepare(); print('prepare',cpu()-a); a=cpu()
for n in range(4):
    w=time.time(); killing.struck(str(files[n]),None); print('struck',cpu()-a, time.time()-w); a=cpu()
    print(killing.standing(0)); print('standing', cpu()-a); a=cpu()
import shutil; shutil.rmtree(home)
