package io.fairlead.samples.aiplatform.gateway;

import io.fairlead.samples.aiplatform.api.gateway.AnswerSource;
import io.fairlead.samples.aiplatform.api.gateway.CallerUsage;
import io.fairlead.samples.aiplatform.common.Database;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A record of each request. No answer waits for it: records are written by a thread of their own,
 * many in one transaction. While the database is away, a bounded number waits; those beyond it are
 * lost, and counted.
 *
 * <p>{@code kill -9} takes the records that wait. What must not lose any, such as an event, is
 * written before its answer.
 */
final class RequestRecords implements AutoCloseable {
  private static final int WAITING = 20_000;
  private static final int AT_ONCE = 200;
  private static final long AGAIN_MILLIS = 200;

  private final Database database;
  private final BlockingQueue<Entry> waiting = new ArrayBlockingQueue<>(WAITING);
  private final AtomicLong lost = new AtomicLong();
  private final Thread writer;
  private volatile boolean closing;

  /**
   * A request that has ended.
   *
   * @param id its own, so that it is written once however often that is tried
   * @param source absent if it failed
   */
  private record Entry(
      String id,
      long at,
      String caller,
      String imageId,
      String status,
      @Nullable AnswerSource source,
      long micros) {}

  RequestRecords(Database database) {
    this.database = database;
    this.writer = new Thread(this::work, "request-records");
    writer.setDaemon(true);
    writer.start();
  }

  static RequestRecords open(Path folder) throws SQLException {
    return new RequestRecords(
        Database.open(
            folder,
            "create table if not exists request"
                + " (id varchar(36) primary key, at_millis bigint not null,"
                + " caller varchar(256) not null, image_id varchar(64) not null,"
                + " status varchar(32) not null, source integer, micros bigint not null)",
            "create index if not exists request_caller on request (caller, status, source)"));
  }

  /** Notes a request; returns at once. */
  void add(
      String caller, String imageId, String status, @Nullable AnswerSource source, long micros) {
    Entry entry =
        new Entry(
            UUID.randomUUID().toString(),
            System.currentTimeMillis(),
            caller,
            imageId,
            status,
            source,
            micros);
    if (!waiting.offer(entry)) {
      lost.incrementAndGet();
    }
  }

  private void work() {
    List<Entry> entries = new ArrayList<>();
    try {
      while (!closing || !waiting.isEmpty()) {
        if (entries.isEmpty()) {
          Entry first = waiting.poll(AGAIN_MILLIS, TimeUnit.MILLISECONDS);
          if (first == null) {
            continue;
          }
          entries.add(first);
          waiting.drainTo(entries, AT_ONCE - 1);
        }
        try {
          write(entries);
          entries.clear();
        } catch (SQLException e) {
          System.getLogger(RequestRecords.class.getName())
              .log(
                  System.Logger.Level.INFO,
                  "{0} records of requests wait, {1} are lost: {2}",
                  entries.size() + waiting.size(),
                  lost,
                  e.getMessage());
          if (closing) {
            return;
          }
          TimeUnit.MILLISECONDS.sleep(AGAIN_MILLIS);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void write(List<Entry> entries) throws SQLException {
    int unused =
        database.transaction(
            all -> {
              int rows = 0;
              for (Entry entry : entries) {
                rows +=
                    all.change(
                        "insert into request"
                            + " (id, at_millis, caller, image_id, status, source, micros)"
                            + " values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing",
                        entry.id(),
                        entry.at(),
                        entry.caller(),
                        entry.imageId(),
                        entry.status(),
                        entry.source() == null ? null : entry.source().getNumber(),
                        entry.micros());
              }
              return rows;
            });
  }

  /** Counts the requests of a caller that are written. */
  CallerUsage usage(String caller) throws SQLException {
    List<CallerUsage.Share> shares =
        database.transaction(
            all ->
                all.rows(
                    row ->
                        CallerUsage.Share.newBuilder()
                            .setStatus(row.getString(1))
                            .setSourceValue(row.getInt(2))
                            .setRequests(row.getLong(3))
                            .build(),
                    "select status, coalesce(source, 0), count(*) from request where caller = ?"
                        + " group by status, coalesce(source, 0) order by 1, 2",
                    caller));
    return CallerUsage.newBuilder().setCaller(caller).addAllShares(shares).build();
  }

  /** Returns how many records were lost because too many waited. */
  long lost() {
    return lost.get();
  }

  /** Writes what waits, unless the database is away. */
  @Override
  public void close() throws SQLException {
    closing = true;
    try {
      writer.join(TimeUnit.SECONDS.toMillis(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    writer.interrupt();
    database.close();
  }
}
