import { createServer } from 'node:http';
const s=createServer((q,r)=>{const c=[];q.on('data',d=>c.push(d));q.on('end',()=>{const body='true';r.writeHead(200,{'Content-Type':'application/json','Content-Length':body.length});r.end(body);});});
s.listen(0,'127.0.0.1',()=>console.log(s.address().port));
