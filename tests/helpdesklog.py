"""A short log such as the one that docs/examples/convert_helpdesk_log.py converts."""

LOG = """\
case,activity,staff,at
Case1,Assign seriousness,Value 2,2010-01-13 08:40:25+00:00
Case1,Take in charge ticket,Value 2,2010-01-29 08:52:27+00:00
Case1,Wait,Value 10,2010-01-29 08:52:30+00:00
Case1,Resolve ticket,Value 2,2010-01-29 08:52:34+00:00
Case1,Closed,Value 5,2010-02-13 08:52:48+00:00
Case1,Closed,Value 5,2010-02-13 08:52:48+00:00
Case2,Insert ticket,Value 1,2010-01-20 10:00:00+00:00
Case2,Create SW anomaly,Value 1,2010-01-20 10:00:00+00:00
"""
