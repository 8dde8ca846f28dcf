package io.fairlead.samples.aiplatform.common;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import org.h2.tools.Server;

/** A database behind a socket, which can go away and come back on the same port and data. */
public final class H2Server implements AutoCloseable {
  private final Path data;
  private Server server;

  public H2Server(Path data) throws SQLException {
    this.data = data;
    this.server = start(0);
  }

  private Server start(int port) throws SQLException {
    return Server.createTcpServer(
            "-tcpPort", Integer.toString(port), "-ifNotExists", "-baseDir", data.toString())
        .start();
  }

  /** Says in the folder of a process that its database is this one. */
  public void link(Path folder) throws IOException {
    Files.writeString(
        folder.resolve(Database.LINK),
        "url=jdbc:h2:tcp://127.0.0.1:"
            + server.getPort()
            + "/./records;MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE\n");
  }

  public void stop() {
    server.stop();
  }

  public void startAgain() throws SQLException {
    server = start(server.getPort());
  }

  @Override
  public void close() {
    server.stop();
  }
}
