package io.fairlead.interop.report;

/**
 * One cell of the matrix.
 *
 * @param position where its suite lists the case; the report keeps that order
 * @param reason empty where the verdict needs none
 */
record Cell(
    Area area,
    Direction direction,
    String peer,
    String name,
    int position,
    Verdict verdict,
    String reason) {
  private static final int FIELDS = 7;

  Cell {
    if (peer.isBlank() || name.isBlank()) {
      throw new IllegalArgumentException("a case without a name or a peer: " + peer + "/" + name);
    }
    reason = oneLine(reason);
    if (reason.isEmpty() && verdict != Verdict.PASS && verdict != Verdict.NOT_RUN) {
      throw new IllegalArgumentException(
          peer + "/" + name + " is '" + verdict.text() + "' without a reason");
    }
  }

  Cell with(Verdict other, String why) {
    return new Cell(area, direction, peer, name, position, other, why);
  }

  /** What makes it this cell and no other. */
  String key() {
    return area + "/" + direction + "/" + peer + "/" + name;
  }

  /** The cell as one line of a file. */
  String toLine() {
    return String.join(
        "\t",
        area.name(),
        direction.name(),
        peer,
        name,
        Integer.toString(position),
        verdict.name(),
        reason);
  }

  static Cell ofLine(String line) {
    String[] fields = line.split("\t", -1);
    if (fields.length != FIELDS) {
      throw new IllegalArgumentException("not a cell: " + line);
    }
    return new Cell(
        Area.valueOf(fields[0]),
        Direction.valueOf(fields[1]),
        fields[2],
        fields[3],
        Integer.parseInt(fields[4]),
        Verdict.valueOf(fields[5]),
        fields[6]);
  }

  private static String oneLine(String text) {
    String flat = text.strip().replaceAll("\\s+", " ");
    return flat.length() <= 300 ? flat : flat.substring(0, 299) + "…";
  }
}
