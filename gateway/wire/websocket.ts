/** WebSockets (RFC 6455) by the library `ws`, named here alone: the gateway accepts them of clients and opens them to subgraphs. */
export { WebSocket, WebSocketServer } from 'ws';
