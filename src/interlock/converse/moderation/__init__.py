"""What is held before others read it, who looks at it, and how every act of a moderator is explained and taken back."""
