package io.fairlead.samples.aiplatform.answers;

import io.fairlead.RpcException;
import io.fairlead.samples.aiplatform.api.answers.CountRequest;
import io.fairlead.samples.aiplatform.api.answers.Counts;
import io.fairlead.samples.aiplatform.api.answers.Journal;
import io.fairlead.samples.aiplatform.api.answers.JournalRpc;
import io.fairlead.samples.aiplatform.api.image.Image;
import io.fairlead.samples.aiplatform.common.CrashPoint;
import io.fairlead.samples.aiplatform.common.Database;
import io.fairlead.samples.aiplatform.common.ServiceProcess;
import io.fairlead.samples.aiplatform.common.Settings;
import io.fairlead.samples.aiplatform.events.BrokerLink;
import io.fairlead.samples.aiplatform.events.BrokerWorker;
import io.fairlead.samples.aiplatform.events.EventReader;
import io.fairlead.samples.aiplatform.events.Reader;
import io.grpc.Status;
import java.nio.file.Path;
import java.sql.SQLException;

/**
 * Counts captured images. A count cannot tell whether an event was counted before, so the keys of
 * the events are kept, in the same transaction.
 */
public final class JournalService implements Journal {
  private static final int NO_LABEL = -1;

  private final Database database;

  JournalService(Database database) {
    this.database = database;
  }

  public static void main(String[] args) throws Exception {
    Settings settings = Settings.parse(args);
    try (Database database = open(settings.data());
        ServiceProcess process = ServiceProcess.open(settings)) {
      JournalService service = new JournalService(database);
      BrokerWorker unused =
          process.keep(
              EventReader.start(
                  BrokerLink.of(settings),
                  Reader.JOURNAL,
                  CrashPoint.of(settings),
                  event -> service.count(event.getKey(), event.getImage())));
      process.serve(JournalRpc.SERVICE_NAME, JournalRpc.bind(service));
    }
  }

  static Database open(Path folder) throws SQLException {
    return Database.open(
        folder,
        "create table if not exists taken"
            + " (event_key varchar(64) primary key, deliveries integer not null)",
        "create table if not exists tally"
            + " (label integer primary key, images bigint not null, bytes bigint not null)");
  }

  /** Counts an image, unless its event was counted before. */
  void count(String key, Image image) throws SQLException {
    int label = image.hasLabel() ? image.getLabel() : NO_LABEL;
    int size = image.getContent().size();
    int unused =
        database.transaction(
            all -> {
              int known =
                  all.change(
                      "update taken set deliveries = deliveries + 1 where event_key = ?", key);
              if (known > 0) {
                return known;
              }
              int first =
                  all.change("insert into taken (event_key, deliveries) values (?, 1)", key);
              int rows =
                  all.change(
                      "update tally set images = images + 1, bytes = bytes + ? where label = ?",
                      size,
                      label);
              return rows > 0
                  ? first
                  : all.change(
                      "insert into tally (label, images, bytes) values (?, 1, ?)", label, size);
            });
  }

  @Override
  public Counts count(CountRequest request) {
    try {
      return database.transaction(
          all -> {
            Counts.Builder counts =
                Counts.newBuilder()
                    .setImages(all.number("select coalesce(sum(images), 0) from tally"))
                    .setBytes(all.number("select coalesce(sum(bytes), 0) from tally"))
                    .setRepeated(all.number("select coalesce(sum(deliveries - 1), 0) from taken"));
            for (int[] row :
                all.rows(
                    row -> new int[] {row.getInt(1), row.getInt(2)},
                    "select label, images from tally where label >= 0")) {
              counts.putByLabel(row[0], row[1]);
            }
            return counts.build();
          });
    } catch (SQLException e) {
      throw RpcException.answer(Status.Code.UNAVAILABLE, "the journal cannot be read now");
    }
  }
}
