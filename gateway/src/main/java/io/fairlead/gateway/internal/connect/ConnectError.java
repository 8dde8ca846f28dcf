package io.fairlead.gateway.internal.connect;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.protobuf.Any;
import io.fairlead.gateway.internal.call.ErrorDetails;
import io.fairlead.gateway.internal.call.HeaderMapping;
import io.fairlead.gateway.internal.call.HttpStatusCodes;
import io.grpc.Metadata;
import io.grpc.Status;

/** An error in Connect's form. */
final class ConnectError {
  private ConnectError() {}

  /** Returns it as JSON. */
  static JsonObject json(Status status, Metadata trailers) {
    JsonObject error = new JsonObject();
    error.addProperty("code", HttpStatusCodes.connectName(status.getCode()));
    if (status.getDescription() != null) {
      error.addProperty("message", status.getDescription());
    }
    JsonArray details = new JsonArray();
    for (Any each : ErrorDetails.of(trailers)) {
      JsonObject detail = new JsonObject();
      String url = each.getTypeUrl();
      detail.addProperty("type", url.substring(url.lastIndexOf('/') + 1));
      detail.addProperty("value", HeaderMapping.unpadded(each.getValue().toByteArray()));
      details.add(detail);
    }
    if (!details.isEmpty()) {
      error.add("details", details);
    }
    return error;
  }
}
