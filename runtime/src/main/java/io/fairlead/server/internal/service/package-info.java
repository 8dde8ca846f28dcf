/** The services that come with every server: health, reflection and channelz. */
@NullMarked
package io.fairlead.server.internal.service;

import org.jspecify.annotations.NullMarked;
