package io.fairlead.etcd.embedded;

import io.grpc.Status;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * What can go wrong with an etcd, for tests, all on purpose and all at once when the method
 * returns. The port never changes and is never given away.
 */
public final class EtcdFaults {
  private final EtcdStateMachine machine;
  private final EtcdListener listener;
  private final OpenStreams streams;

  EtcdFaults(EtcdStateMachine machine, EtcdListener listener, OpenStreams streams) {
    this.machine = machine;
    this.listener = listener;
    this.streams = streams;
  }

  /**
   * Cuts the network: connections break, new ones are refused. The server itself runs on, so leases
   * end. Until {@link #resume()}.
   */
  public synchronized void pause() {
    listener.shut();
  }

  /** Brings the network back after {@link #pause()}. */
  public synchronized void resume() {
    open();
  }

  /**
   * Stops the process: as {@link #pause()}, and no lease ends meanwhile. Until {@link #restart()}.
   */
  public synchronized void stop() {
    machine.stop();
    listener.shut();
  }

  /** Starts again with its data after {@link #stop()}: every lease has its whole time again. */
  public synchronized void restart() {
    listener.shut();
    machine.start();
    open();
  }

  /** Starts again without its data: revision 1, no keys, no leases, but the same ids and port. */
  public synchronized void wipe() {
    listener.shut();
    machine.wipe();
    machine.start();
    open();
  }

  /** Breaks all connections; new ones are welcome. */
  public synchronized void cutConnections() {
    listener.shut();
    open();
  }

  /** Ends all watch and keep-alive streams with UNAVAILABLE; connections stay. */
  public void cutStreams() {
    streams.endAll(Status.UNAVAILABLE.withDescription("etcdserver: server stopped"));
  }

  /** Ends all watch and keep-alive streams with {@code status}; OK completes them. */
  public void endStreams(Status status) {
    streams.endAll(status);
  }

  /**
   * Ends the next watch stream that a client opens, once.
   *
   * @param responses how many responses it gets before: 0 cuts before Created, 1 just after it
   * @param status how it ends; OK completes it
   */
  public void cutNextWatch(int responses, Status status) {
    if (responses < 0) {
      throw new IllegalArgumentException("responses " + responses + " is negative; 0 is at once");
    }
    streams.scheduleCut(new OpenStreams.Cut(responses, status));
  }

  /** Returns the number of open watch and keep-alive streams. */
  public int openStreams() {
    return streams.count();
  }

  synchronized void close() {
    listener.close();
  }

  private void open() {
    try {
      listener.open();
    } catch (IOException e) {
      throw new UncheckedIOException(
          "The embedded etcd cannot listen on port " + listener.port() + " again", e);
    }
  }
}
