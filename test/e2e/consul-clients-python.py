"""Calls every method of Debian's python3-consul on a discovery port, and judges the answers.

Usage: consul-clients-python.py PORT NODE SCRATCH_FILE. Ends with 0 when all is as with Consul, else
with a traceback. Access control is left out: there is none yet.
"""
import base64
import inspect
import json
import logging
import sys
import threading
import time

import consul

PORT, NODE, SCRATCH = int(sys.argv[1]), sys.argv[2], sys.argv[3]
WAIT_S_MAX = 60

# One of its ways to describe a check warns of itself each time.
logging.getLogger('consul.base').setLevel(logging.ERROR)

called = set()


def counted(owner, path):
    """Lets each method of a part of the client, and of the parts in it, say when it is called."""
    for name, method in inspect.getmembers(owner, inspect.ismethod):
        if name.startswith('_'):
            continue

        def call(*args, _method=method, _path=path + name, **named):
            called.add(_path)
            return _method(*args, **named)

        setattr(owner, name, call)
    for name, part in vars(owner).items():
        if inspect.isclass(type(part)) and name in ('service', 'check'):
            counted(part, path + name + '.')


def methods_of(kind, path):
    """The names of all there are."""
    found = set()
    for name, member in inspect.getmembers(kind):
        if name.startswith('_'):
            continue
        if inspect.isclass(member):
            found |= methods_of(member, path + name.lower() + '.')
        elif inspect.isfunction(member):
            found.add(path + name)
    return found


PARTS = 'event kv agent catalog health session status query coordinate operator'.split()
client = consul.Consul(port=PORT)
for each in PARTS:
    counted(getattr(client, each), each + '.')


def equal(found, expected):
    assert found == expected, '%r is not %r' % (found, expected)


def refused(call, kind, words=''):
    try:
        call()
    except kind as error:
        assert words in str(error), error
    else:
        raise AssertionError('nothing was refused')


def until(holds):
    end = time.time() + WAIT_S_MAX
    while True:
        found = holds()
        if found:
            return found
        assert time.time() < end, 'not in time: ' + inspect.getsource(holds)
        time.sleep(0.05)


def meanwhile(call, change):
    """What a waiting call answers to a change that happens after it has begun to wait."""
    answers = []
    thread = threading.Thread(target=lambda: answers.append(call()))
    thread.start()
    time.sleep(0.3)
    assert not answers, 'answered before there was anything new: %r' % answers
    change()
    thread.join(WAIT_S_MAX)
    assert answers, 'no answer'
    return answers[0]


def put(path, **params):
    """What this client still does by GET, which has been refused since Consul 1.0."""
    return client.http.put(consul.base.CB.bool(), path, params=params)


def keys():
    kv = client.kv
    index, nothing = kv.get('py/none')
    equal(nothing, None)
    assert int(index) > 0, index
    equal(kv.put('py/a', 'one', flags=2**63 + 1), True)
    index, pair = kv.get('py/a')
    equal(pair['Value'], b'one')
    equal(pair['Flags'], 2**63 + 1)
    equal(kv.put('py/b', b'\x00\xff'), True)
    equal(kv.put('py/empty', ''), True)
    equal([pair['Value'] for pair in kv.get('py/', recurse=True)[1]], [b'one', b'\x00\xff', None])
    equal(kv.get('py/', keys=True)[1], ['py/a', 'py/b', 'py/empty'])
    equal(kv.get('py', keys=True, separator='/')[1], ['py/'])
    equal(kv.get('py/a', consistency='consistent')[1]['Value'], b'one')
    equal(kv.get('py/a', consistency='stale', dc='dc1')[1]['Value'], b'one')
    equal(kv.put('py/a', 'two', cas=0), False)
    equal(kv.put('py/a', 'two', cas=pair['ModifyIndex']), True)
    index, _ = kv.get('py/a')
    new, pair = meanwhile(lambda: kv.get('py/a', index=index, wait='60s'), lambda: kv.put('py/a', '3'))
    equal(pair['Value'], b'3')
    assert int(new) > int(index)
    began = time.time()
    equal(kv.get('py/a', index=new, wait='1s')[0], new)
    assert time.time() - began >= 1, 'nobody changed it'
    index, _ = kv.get('py/new')
    _, pair = meanwhile(lambda: kv.get('py/new', index=index), lambda: kv.put('py/new', 'x'))
    equal(pair['Value'], b'x')
    equal(kv.delete('py/a', cas=1), False)
    equal(kv.delete('py/a'), True)
    equal(kv.delete('py/', recurse=True), True)
    equal(kv.get('py/', recurse=True)[1], None)
    refused(lambda: kv.get('py/a', dc='nowhere'), consul.ConsulException, 'No path to datacenter')


def sessions():
    session, kv = client.session, client.kv
    one = session.create('mine', ttl=10, behavior='delete', lock_delay=0)
    other = session.create(node=NODE, checks=['serfHealth'])
    _, told = session.info(one)
    equal((told['Name'], told['TTL'], told['Behavior'], told['Node']), ('mine', '10s', 'delete', NODE))
    equal(sorted(each['ID'] for each in session.list()[1]), sorted([one, other]))
    equal(len(session.node(NODE)[1]), 2)
    equal(session.node('nobody')[1], [])
    equal(session.renew(one)['ID'], one)
    equal(kv.put('py/lock', 'a', acquire=one), True)
    equal(kv.put('py/lock', 'b', acquire=other), False)
    index, pair = kv.get('py/lock')
    equal((pair['Value'], pair['Session']), (b'a', one))
    equal(kv.put('py/lock', 'b', release=other), False)
    equal(kv.put('py/lock', 'c', release=one), True)
    equal(kv.put('py/lock', 'd', acquire=one), True)
    index, _ = kv.get('py/lock')
    equal(meanwhile(lambda: kv.get('py/lock', index=index), lambda: session.destroy(one))[1], None)
    equal(session.info(one)[1], None)
    refused(lambda: session.renew(one), consul.NotFound)
    refused(lambda: kv.put('py/lock', 'a', acquire=one), consul.ConsulException, 'invalid session')
    index, _ = session.list()
    _, left = meanwhile(lambda: session.list(index=index), lambda: session.destroy(other))
    equal(left, [])


def agent():
    me = client.agent
    equal(me.self()['Config']['NodeName'], NODE)
    equal([member['Name'] for member in me.members()], [NODE])
    for enable, expected in (('true', True), (False, False)):
        equal(me.maintenance(enable, 'why'), True)
        equal('_node_maintenance' in me.checks(), expected)
    refused(lambda: put('/v1/agent/join/127.0.0.2'), consul.ConsulException)
    equal(me.join('127.0.0.2'), False)
    equal(me.force_leave('nobody'), False)


def services():
    me, check = client.agent, consul.Check
    equal(me.service.register('py', 'py-1', '127.0.0.2', 81, ['t'], check.ttl('60s')), True)
    service = me.services()['py-1']
    equal((service['Service'], service['Port'], service['Tags']), ('py', 81, ['t']))
    equal(me.service.maintenance('py-1', 'true', 'why'), True)
    equal(me.checks()['_service_maintenance:py-1']['Notes'], 'why')
    equal(me.service.maintenance('py-1', 'false'), True)
    equal('_service_maintenance:py-1' in me.checks(), False)
    old = {'script': 'true', 'interval': '10s'}
    equal(me.service.register('old', enable_tag_override=True, **old), True)
    equal(me.checks()['service:old']['Type'], 'script')
    equal(me.service.deregister('old'), False)
    equal(put('/v1/agent/service/deregister/old'), True)
    equal('old' in me.services(), False)


def checks():
    me, check = client.agent, consul.Check
    open(SCRATCH, 'w').close()
    own = 'http://127.0.0.1:%d/v1/status/leader' % PORT
    for name, kind in (
        ('http', check.http(own, '1s', timeout='30s')),
        ('tcp', check.tcp('127.0.0.1', PORT, '1s')),
        ('script', check.script('test -e ' + SCRATCH, '1s')),
    ):
        equal(me.check.register(name, kind, notes='of mine'), True)
        until(lambda: me.checks()[name]['Status'] == 'passing')
        equal(put('/v1/agent/check/deregister/' + name), True)
    equal(me.check.register('ttl', check.ttl('60s'), 'beat', service_id='py-1'), True)
    for report, status in (('pass', 'passing'), ('warn', 'warning'), ('fail', 'critical')):
        equal(put('/v1/agent/check/%s/beat' % report, note='so'), True)
        found = me.checks()['beat']
        equal((found['Status'], found['Output'], found['ServiceID']), (status, 'so', 'py-1'))
    for by_get in (me.check.ttl_pass, me.check.ttl_warn, me.check.ttl_fail, me.check.deregister):
        equal(by_get('beat'), False)
    equal(me.checks()['beat']['Status'], 'critical')
    equal(put('/v1/agent/check/deregister/beat'), True)


def catalog():
    here = client.catalog
    equal(here.datacenters(), ['dc1'])
    equal([node['Node'] for node in here.nodes()[1]], [NODE])
    service = {'Service': 'far', 'ID': 'far-1', 'Tags': ['x'], 'Port': 8000}
    check = {'Node': 'out', 'CheckID': 'far:up', 'Name': 'up', 'Status': 'passing', 'ServiceID': 'far-1'}
    index, _ = here.service('far')
    register = lambda: here.register('out', '192.0.2.1', service, check, dc='dc1')
    _, found = meanwhile(lambda: here.service('far', index=index), register)
    equal([(row['Node'], row['ServicePort']) for row in found], [('out', 8000)])
    equal(here.service('far', tag='y')[1], [])
    equal(here.services()[1]['far'], ['x'])
    equal(list(here.node('out')[1]['Services']), ['far-1'])
    equal(here.node('nobody')[1], None)
    index, found = client.health.service('far', passing=True)
    equal([check['CheckID'] for check in found[0]['Checks']], ['far:up'])
    failing = dict(check, Status='critical')
    change = lambda: here.register('out', '192.0.2.1', check=failing)
    equal(meanwhile(lambda: client.health.service('far', index=index, passing=True), change)[1], [])
    equal([row['Status'] for row in client.health.checks('far')[1]], ['critical'])
    equal([row['CheckID'] for row in client.health.node('out')[1]], ['far:up'])
    equal('far:up' in [row['CheckID'] for row in client.health.state('critical')[1]], True)
    equal(client.health.state('warning')[1], [])
    equal(here.deregister('out', check_id='far:up'), True)
    equal(here.deregister('out', service_id='far-1'), True)
    equal(here.service('far')[1], [])
    equal(here.deregister('out'), True)
    equal(len(here.nodes()[1]), 1)


def events():
    fired = client.event.fire('deploy', 'now', node=NODE)
    index, found = client.event.list('deploy')
    equal([(event['ID'], event['Payload']) for event in found], [(fired['ID'], b'now')])
    fire = lambda: client.event.fire('deploy', 'again')
    _, found = meanwhile(lambda: client.event.list('deploy', index=index), fire)
    equal([event['Payload'] for event in found], [b'now', b'again'])


def b64(text):
    return base64.b64encode(text.encode()).decode()


def queries():
    query = client.query
    made = query.create('py', 'py', onlypassing=False, ttl='10s')
    equal([each['ID'] for each in query.list()], [made['ID']])
    found = query.get(made['ID'])[0]
    equal((found['Name'], found['Service']['Service'], found['DNS']['TTL']), ('py', 'py', '10s'))
    put('/v1/agent/check/pass/service:py-1')
    until(lambda: query.execute('py-x')['Nodes'])
    equal(query.execute('py', limit=1)['Service'], 'py')
    equal(query.explain('py-x')['Query']['Service']['Service'], 'py')
    equal(query.update(made['ID'], 'py', 'py', tags=['none']), True)
    equal(query.execute('py')['Nodes'], [])
    equal(query.delete(made['ID']), True)
    equal(query.list(), [])


def the_rest():
    assert client.status.leader().startswith('127.0.0.1:')
    equal(len(client.status.peers()), 1)
    equal(client.coordinate.datacenters()[0]['Datacenter'], 'dc1')
    equal(isinstance(client.coordinate.nodes()[1], list), True)
    equal(len(client.operator.raft_config()['Servers']), 1)
    operations = [{'KV': {'Verb': 'set', 'Key': 'py/txn', 'Value': b64('v')}}, {'KV': {'Verb': 'get', 'Key': 'py/txn'}}]
    answer = client.http.put(consul.base.CB.json(), '/v1/txn', data=json.dumps(operations))
    equal([each['KV'].get('Value') for each in answer['Results']], [None, b64('v')])
    equal(client.kv.delete('py/txn'), True)


for walk in (keys, sessions, agent, services, checks, catalog, events, queries, the_rest):
    walk()
    print('ok', walk.__name__)
equal(put('/v1/agent/service/deregister/py-1'), True)

untried = methods_of(consul.base.Consul, '') - called
equal(sorted(name for name in untried if name.split('.')[0] in PARTS), [])
