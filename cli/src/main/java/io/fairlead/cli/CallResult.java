package io.fairlead.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.fairlead.RpcException;
import io.fairlead.observe.StatusOrigin;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;

/**
 * How a call has ended.
 *
 * @param details prints the details of a failure, whose types the contract may know
 */
record CallResult(
    String method, Status status, Metadata trailers, int responses, JsonFormat.Printer details) {

  private List<String> detailTexts() {
    List<String> texts = new ArrayList<>();
    RpcException failure = RpcException.of(method, status, trailers, StatusOrigin.WIRE);
    failure
        .details()
        .ifPresent(found -> found.getDetailsList().forEach(each -> texts.add(detail(each))));
    return texts;
  }

  private String detail(Any detail) {
    try {
      return details.print(detail);
    } catch (InvalidProtocolBufferException e) {
      JsonObject unknown = new JsonObject();
      unknown.addProperty("@type", detail.getTypeUrl());
      unknown.addProperty("bytes", detail.getValue().size());
      return unknown.toString();
    }
  }

  private String description() {
    String description = status.getDescription();
    return description == null ? "" : description;
  }

  /** Returns code, description and details; what follows the first line is indented. */
  String text(boolean hint) {
    StringBuilder text = new StringBuilder("fairlead: ").append(status.getCode());
    if (!description().isEmpty()) {
      text.append(": ").append(description());
    }
    text.append('\n');
    detailTexts().forEach(each -> text.append(each.indent(2)));
    if (hint) {
      text.append("  --explain shows each attempt\n");
    }
    return text.toString();
  }

  JsonObject json(String explanation) {
    JsonObject object = new JsonObject();
    object.addProperty("method", method);
    object.addProperty("code", status.getCode().name());
    if (!status.isOk()) {
      object.addProperty("error", description());
      JsonArray array = new JsonArray();
      detailTexts().forEach(each -> array.add(JsonParser.parseString(each)));
      object.add("details", array);
      object.addProperty("exit", ExitCode.of(status.getCode()));
    }
    object.addProperty("responses", responses);
    if (!explanation.isEmpty()) {
      object.addProperty("explanation", explanation);
    }
    return object;
  }
}
