package io.fairlead.samples.aiplatform.common;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The tables of one process, in a file of its own that nobody else opens.
 *
 * <p>One connection serves all threads in turn: what is done here takes less than a millisecond.
 */
public final class Database implements AutoCloseable {
  private final Connection connection;

  private Database(Connection connection) {
    this.connection = connection;
  }

  /**
   * Opens the database in a folder.
   *
   * @param tables statements that make what is not there yet
   */
  public static Database open(Path folder, String... tables) throws SQLException {
    // Without a delay a commit is written before it returns, so kill -9 takes nothing of it.
    String url =
        "jdbc:h2:file:"
            + folder.toAbsolutePath().resolve("records")
            + ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE;WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE";
    Connection connection = DriverManager.getConnection(url);
    try (Statement statement = connection.createStatement()) {
      for (String table : tables) {
        statement.execute(table);
      }
      connection.setAutoCommit(false);
      return new Database(connection);
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
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
    boolean done = false;
    try {
      T result = work.in(new Transaction(connection));
      connection.commit();
      done = true;
      return result;
    } finally {
      if (!done) {
        connection.rollback();
      }
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
    connection.close();
  }
}
