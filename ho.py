import os,sys,time
os.environ['DJANGO_SETTINGS_MODULE']='bangfu.settings'
sys.path.insert(0,'/tmp/U9/clone')
import pytest
