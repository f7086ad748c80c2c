import { createServer } from 'node:http';
const body=Buffer.alloc(46000,'a');
const s=createServer((q,r)=>{r.writeHead(200,{'X-Consul-Index':'1','X-Consul-KnownLeader':'true','X-Consul-LastContact':'0','X-Consul-Effective-Consistency':'leader','Content-Type':'application/json','Content-Length':body.length});r.end(body);});
s.listen(0,'127.0.0.1',()=>console.log(s.address().port));
