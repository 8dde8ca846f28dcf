package io.fairlead.lifecycle;

import io.grpc.Attributes;
import io.grpc.Server;
import io.grpc.ServerCredentials;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerStreamTracer;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;

/**
 * Serves further protocols on the port of a server, such as HTTP/1.1 with JSON. {@code
 * fairlead-gateway} implements it; {@code RpcServer.builder(…).gateway(…)} takes it.
 */
public interface ServerGateway {
  /**
   * Starts a server with what this gateway adds to its port. Called once for each server.
   *
   * @return what {@link Port#start} returned, or a server around it that also ends the calls of
   *     this gateway
   */
  Server open(Port port);

  /**
   * Returns whether it serves methods that are not known at the start, with {@link Port#layered}. A
   * server with such a gateway needs no service of its own, and its policies and limits may name
   * methods that it does not have yet.
   */
  default boolean addsServices() {
    return false;
  }

  /** What a server shares with its gateway. */
  interface Port {
    /** Returns what the server proves its identity with; insecure credentials for plain text. */
    ServerCredentials credentials();

    /** Opens the port for gRPC, with these credentials in place of the server's. */
    Server start(ServerCredentials credentials);

    /** Returns all services, each method with every layer of the server around it. */
    List<ServerServiceDefinition> services();

    /**
     * Puts every layer of the server around each method of a service that the gateway alone serves.
     *
     * @throws IllegalStateException for what would stop the start of a server, with the way out
     */
    ServerServiceDefinition layered(ServerServiceDefinition service);

    /** Returns whether an authorizer decides about calls. */
    boolean authorizes();

    /** Returns what the attributes of each call must contain. */
    Attributes attributes();

    /** Returns what follows each call, for the server's observers. */
    List<ServerStreamTracer.Factory> tracers();

    /** Returns the threads for code that blocks. They may refuse a task. */
    Executor handlers();

    /** Returns the timer of deadlines. */
    ScheduledExecutorService timer();

    /** Returns the most bytes of a request's message. A method may allow less. */
    int maxRequestBytes();
  }
}
