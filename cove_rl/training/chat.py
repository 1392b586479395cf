"""Conversations as chat templates and tool-call parsers see them: the core's, under the name training knows."""

from cove_rl.episode.chat import Chat, chat_messages, parsed_arguments, system_message

__all__ = ["Chat", "chat_messages", "parsed_arguments", "system_message"]
