package io.fairlead.samples.aiplatform.answers;

import io.fairlead.samples.aiplatform.api.answers.StoredAnswer;
import io.fairlead.samples.aiplatform.api.answers.Summary;
import io.fairlead.samples.aiplatform.api.image.Image;
import io.fairlead.samples.aiplatform.api.image.Problem;
import io.fairlead.samples.aiplatform.common.Database;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

/** One answer for each key of an event, however often the event comes. */
final class AnswerStore implements AutoCloseable {
  private final Database database;

  private AnswerStore(Database database) {
    this.database = database;
  }

  static AnswerStore open(Path folder) throws SQLException {
    return new AnswerStore(
        Database.open(
            folder,
            "create table if not exists answer"
                + " (event_key varchar(64) primary key, image_id varchar(64) not null,"
                + " label integer, digit integer, problem integer,"
                + " deliveries integer not null)"));
  }

  /** Counts another delivery of an event; false if it is the first. */
  boolean repeated(String key) throws SQLException {
    return database.transaction(
        all ->
            all.change("update answer set deliveries = deliveries + 1 where event_key = ?", key)
                > 0);
  }

  /** Keeps the answer to an event. */
  void add(String key, Image image, StoredAnswer answer) throws SQLException {
    int unused =
        database.transaction(
            all ->
                all.change(
                    "insert into answer (event_key, image_id, label, digit, problem, deliveries)"
                        + " values (?, ?, ?, ?, ?, 1)",
                    key,
                    image.getId(),
                    image.hasLabel() ? image.getLabel() : null,
                    answer.hasDigit() ? answer.getDigit() : null,
                    answer.hasProblem() ? answer.getProblemValue() : null));
  }

  Summary summary() throws SQLException {
    return database.transaction(
        all ->
            Summary.newBuilder()
                .setAnswered(all.number("select count(*) from answer where digit is not null"))
                .setRight(all.number("select count(*) from answer where digit = label"))
                .setRefused(all.number("select count(*) from answer where problem is not null"))
                .setRepeated(all.number("select coalesce(sum(deliveries - 1), 0) from answer"))
                .build());
  }

  List<StoredAnswer> all() throws SQLException {
    return database.transaction(
        all ->
            all.rows(
                AnswerStore::read,
                "select image_id, digit, problem from answer order by image_id"));
  }

  private static StoredAnswer read(ResultSet row) throws SQLException {
    StoredAnswer.Builder answer = StoredAnswer.newBuilder().setImageId(row.getString(1));
    int digit = row.getInt(2);
    if (row.wasNull()) {
      return answer.setProblem(Problem.forNumber(row.getInt(3))).build();
    }
    return answer.setDigit(digit).build();
  }

  @Override
  public void close() throws SQLException {
    database.close();
  }
}
