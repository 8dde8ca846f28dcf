package io.fairlead.registry.etcd;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;

/**
 * What a process says about the live policies of one service.
 *
 * @param id of the process, as its policy source has it
 * @param caller what it is as a caller; may be empty
 * @param zone where it is; may be empty
 * @param version which one it is; may be empty
 * @param revision that it applies; 0 if it knows no set of the service
 * @param rules how many rules of it are for this process, emergency rules included
 * @param refused the newest revision, if it does not apply it; 0 if it applies what etcd has
 * @param reason why it refuses, or what is odd although it does not; may be empty
 */
public record PolicyReport(
    String id,
    String caller,
    String zone,
    String version,
    long revision,
    int rules,
    long refused,
    String reason) {

  /** What a process reports of a service; the others of its services stand beside it. */
  record Entry(long revision, int rules, long refused, String reason) {
    JsonObject encode() {
      JsonObject json = new JsonObject();
      json.addProperty("revision", revision);
      json.addProperty("rules", rules);
      if (refused > 0) {
        json.addProperty("refused", refused);
      }
      if (!reason.isEmpty()) {
        json.addProperty("why", reason);
      }
      return json;
    }
  }

  /** Reads what a process says of a service, in the report about all of them. */
  static PolicyReport decode(String service, String text) {
    JsonObject report = PolicyJson.parse(text);
    JsonElement services = report.get("services");
    JsonElement entry =
        services != null && services.isJsonObject()
            ? services.getAsJsonObject().get(service)
            : null;
    JsonObject of =
        entry != null && entry.isJsonObject() ? entry.getAsJsonObject() : new JsonObject();
    return new PolicyReport(
        text(report, "id"),
        text(report, "caller"),
        text(report, "zone"),
        text(report, "version"),
        number(of, "revision"),
        (int) number(of, "rules"),
        number(of, "refused"),
        text(of, "why"));
  }

  /** Reports are read leniently: a later version may say more. */
  private static String text(JsonObject object, String name) {
    JsonElement value = object.get(name);
    return value == null || !value.isJsonPrimitive() ? "" : value.getAsString();
  }

  private static long number(JsonObject object, String name) {
    String text = text(object, name);
    return text.matches("\\d{1,18}") ? Long.parseLong(text) : 0;
  }

  /** Returns whether the process applies exactly this revision. */
  public boolean applies(PolicySet set) {
    return revision == set.revision() && refused == 0;
  }
}
