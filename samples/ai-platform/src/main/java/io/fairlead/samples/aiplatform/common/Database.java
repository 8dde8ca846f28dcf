package io.fairlead.samples.aiplatform.common;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * The tables of one process, which nobody else opens: in a file of its own by H2, or in a database
 * of its own of a PostgreSQL. The statements are the same.
 *
 * <p>One connection serves all threads in turn: what is done here takes a few milliseconds at most.
 * A connection that was lost is made again for the next transaction. A transaction that failed may
 * have been committed if the connection was lost over it, so its caller repeats it by keys.
 */
public final class Database implements AutoCloseable {
  /** The file in which a process finds where its database is. */
  public static final String LINK = "sql.properties";

  private static final int VALID_SECONDS = 2;

  private final String url;
  private final Properties properties;

  /** Absent after it was lost. Guarded by this. */
  private @Nullable Connection connection;

  private Database(String url, Properties properties) {
    this.url = url;
    this.properties = properties;
  }

  /**
   * Opens the database of a process: that of the file {@code sql.properties} in its folder, with
   * {@code url} and what the driver wants, or if there is none, one by H2 beside it.
   *
   * @param tables statements that make what is not there yet
   */
  public static Database open(Path folder, String... tables) throws SQLException {
    Database database = at(folder);
    int unused =
        database.transaction(
            all -> {
              int changed = 0;
              for (String table : tables) {
                changed += all.change(table);
              }
              return changed;
            });
    return database;
  }

  private static Database at(Path folder) throws SQLException {
    Path link = folder.resolve(LINK);
    Properties properties = new Properties();
    if (!Files.exists(link)) {
      // Without a delay a commit is written before it returns, so kill -9 takes nothing of it.
      return new Database(
          "jdbc:h2:file:"
              + folder.toAbsolutePath().resolve("records")
              + ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE;WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE",
          properties);
    }
    try (Reader in = Files.newBufferedReader(link)) {
      properties.load(in);
    } catch (IOException e) {
      throw new SQLException("cannot read " + link + ", which says where the database is", e);
    }
    String url = (String) properties.remove("url");
    if (url == null) {
      throw new SQLException(link + " has no url; write url=jdbc:postgresql://host:port/database");
    }
    return new Database(url, properties);
  }

  /** What is done in one transaction. */
  @FunctionalInterface
  public interface Work<T> {
    T in(Transaction transaction) throws SQLException;
  }

  /** Reads a row. */
  @FunctionalInterface
  public interface Row<T> {
    T read(ResultSet row) throws SQLException;
  }

  /** Does all of the work, or none of it. */
  public synchronized <T> T transaction(Work<T> work) throws SQLException {
    Connection open = connected();
    boolean done = false;
    try {
      T result = work.in(new Transaction(open));
      open.commit();
      done = true;
      return result;
    } finally {
      if (!done) {
        takeBack(open);
      }
    }
  }

  private synchronized Connection connected() throws SQLException {
    if (connection == null) {
      Connection fresh = DriverManager.getConnection(url, properties);
      fresh.setAutoCommit(false);
      connection = fresh;
    }
    return connection;
  }

  /** What the failure was about must not be hidden by one of the end. */
  private synchronized void takeBack(Connection open) {
    try {
      open.rollback();
      if (open.isValid(VALID_SECONDS)) {
        return;
      }
    } catch (SQLException e) {
      System.getLogger(Database.class.getName())
          .log(System.Logger.Level.INFO, "the database is away: {0}", e.getMessage());
    }
    connection = null;
    try {
      open.close();
    } catch (SQLException e) {
      System.getLogger(Database.class.getName())
          .log(System.Logger.Level.DEBUG, "a lost connection was not closed", e);
    }
  }

  /** Statements that count together. */
  public static final class Transaction {
    private final Connection connection;

    private Transaction(Connection connection) {
      this.connection = connection;
    }

    /** Changes rows; returns how many. */
    public int change(String sql, @Nullable Object... values) throws SQLException {
      try (PreparedStatement statement = prepare(sql, values)) {
        return statement.executeUpdate();
      }
    }

    /** Returns all rows. */
    public <T> List<T> rows(Row<T> row, String sql, @Nullable Object... values)
        throws SQLException {
      try (PreparedStatement statement = prepare(sql, values);
          ResultSet found = statement.executeQuery()) {
        List<T> rows = new ArrayList<>();
        while (found.next()) {
          rows.add(row.read(found));
        }
        return rows;
      }
    }

    /** Returns a number that there is one of. */
    public long number(String sql, @Nullable Object... values) throws SQLException {
      return rows(row -> row.getLong(1), sql, values).get(0);
    }

    private PreparedStatement prepare(String sql, @Nullable Object... values) throws SQLException {
      PreparedStatement statement = connection.prepareStatement(sql);
      for (int i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i]);
      }
      return statement;
    }
  }

  @Override
  public synchronized void close() throws SQLException {
    if (connection != null) {
      connection.close();
      connection = null;
    }
  }
}
