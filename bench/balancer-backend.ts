/**
 * What the balancers of the benchmarks have behind them: a program that answers every piece that
 * comes, since each of them sends one request at a time on a connection. It tells its port to its
 * parent.
 */
import { createServer, type AddressInfo } from 'node:net';

const ANSWER = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello');

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  socket.on('data', () => socket.write(ANSWER));
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());
